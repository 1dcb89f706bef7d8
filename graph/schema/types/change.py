"""Changes as clients see them."""

from typing import Any

import strawberry

from graph.schema.enums import ChangeKind
from graph.schema.read_ahead import read_ahead
from graph.schema.scalars import DateTime
from graph.schema.types.node import Node
from graph.schema.types.pickup_group import PickupGroup
from graph.schema.types.site import Site
from models.change import Change as ChangeRow


@strawberry.type(description="An entry in the history of a site: one for each revision, without a gap.")
class Change(Node):
    site: Site = strawberry.field(resolver=read_ahead, description="The site that was changed.")
    revision: int = strawberry.field(description="The site's revision that this change made: 1, 2, 3 …")
    kind: ChangeKind = strawberry.field(description="What was done.")
    actor: str = strawberry.field(
        description="Who did it: the subject of a token, `anonymous` on an open server, "
        "`import:` and a login name for an import."
    )
    occurred_at: DateTime = strawberry.field(description="When it was done.")
    pickup_group_id: strawberry.ID | None = strawberry.field(
        description="The id of the group that was changed, also once it is deleted; "
        "null for a change to the site itself."
    )
    pickup_group: PickupGroup | None = strawberry.field(
        resolver=read_ahead, description="That group as it is now; null once it is deleted."
    )
    name_before: str | None = strawberry.field(description="The group's name before, of a rename or a deletion.")
    name_after: str | None = strawberry.field(description="The group's name after, of a creation or a rename.")
    members_added: list[strawberry.ID] = strawberry.field(description="The ids of the users who joined the group.")
    members_removed: list[strawberry.ID] = strawberry.field(description="The ids of the users who left the group.")
    barge_in_exemptions_cleared: list[strawberry.ID] = strawberry.field(
        description="The ids of those who joined and were exempt from barge-in until then."
    )

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, ChangeRow)
