"""Changes: the rows of the change log, one for each revision of a site, without a gap."""

from enum import Enum
from typing import Any, ClassVar

import orjson
from tortoise import fields

from models.pickup_group import PickupGroup
from models.row import Row, global_id
from models.user import User


class ChangeKind(Enum):
    """The kinds of changes."""

    PICKUP_GROUP_CREATED = "PICKUP_GROUP_CREATED"
    PICKUP_GROUP_RENAMED = "PICKUP_GROUP_RENAMED"
    PICKUP_GROUP_MEMBERS_CHANGED = "PICKUP_GROUP_MEMBERS_CHANGED"
    PICKUP_GROUP_DELETED = "PICKUP_GROUP_DELETED"
    DIRECTORY_CHANGED = "DIRECTORY_CHANGED"


class Change(Row):
    """A change. Users are JSON arrays of keys, the group is a key: the rows may have been deleted since."""

    NEEDS: ClassVar = {
        "id": ("key",),
        "site": ("site_key",),
        "pickup_group": ("pickup_group_key",),
        "pickup_group_id": ("pickup_group_key",),
        "members_added": ("added_keys",),
        "members_removed": ("removed_keys",),
        "barge_in_exemptions_cleared": ("cleared_keys",),
    }

    key = fields.BigIntField(primary_key=True, source_field="id")
    site_key = fields.BigIntField(source_field="site_id")
    revision = fields.BigIntField()
    kind = fields.TextField()
    actor = fields.TextField()
    occurred_at = fields.TextField()
    pickup_group_key = fields.BigIntField(null=True, source_field="pickup_group_id")
    name_before = fields.TextField(null=True)
    name_after = fields.TextField(null=True)
    added_keys = fields.TextField(default="[]")
    removed_keys = fields.TextField(default="[]")
    cleared_keys = fields.TextField(default="[]")

    class Meta:
        table = "changes"

    @property
    def pickup_group_id(self) -> str | None:
        return None if self.pickup_group_key is None else global_id(PickupGroup, self.pickup_group_key)

    @property
    def members_added(self) -> list[str]:
        return _user_ids(self.added_keys)

    @property
    def members_removed(self) -> list[str]:
        return _user_ids(self.removed_keys)

    @property
    def barge_in_exemptions_cleared(self) -> list[str]:
        return _user_ids(self.cleared_keys)


def _user_ids(keys: Any) -> list[str]:
    return [global_id(User, key) for key in orjson.loads(keys)]
