"""Changes: the rows of the change log, one for each revision of a site, without a gap."""

from enum import Enum

from tortoise import fields

from models.row import Row


class ChangeKind(Enum):
    """The kinds of changes."""

    PICKUP_GROUP_CREATED = "PICKUP_GROUP_CREATED"
    PICKUP_GROUP_RENAMED = "PICKUP_GROUP_RENAMED"
    PICKUP_GROUP_MEMBERS_CHANGED = "PICKUP_GROUP_MEMBERS_CHANGED"
    PICKUP_GROUP_DELETED = "PICKUP_GROUP_DELETED"
    DIRECTORY_CHANGED = "DIRECTORY_CHANGED"


NAMES_OF_KIND = {
    ChangeKind.PICKUP_GROUP_CREATED: (False, True),
    ChangeKind.PICKUP_GROUP_RENAMED: (True, True),
    ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED: (False, False),
    ChangeKind.PICKUP_GROUP_DELETED: (True, False),
    ChangeKind.DIRECTORY_CHANGED: (False, False),
}
"""Whether a change of each kind has the name before and the name after."""


class Change(Row):
    """A change. Users are JSON arrays of keys, the group is a key: the rows may have been deleted since."""

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
