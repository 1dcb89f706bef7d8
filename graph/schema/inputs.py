"""Orders, filters and the inputs of mutations."""

import strawberry

from graph.schema.enums import (
    OrderDirection,
    PickupGroupOrderField,
    PickupStatus,
    SiteOrderField,
    StationType,
    UserOrderField,
)
from models.domain.group_names import MAX_NAME_LENGTH
from resolvers.pickup_group_mutations import MAX_USERS

_DIRECTION = "Ascending where not given."
_EXTERNAL_IDS = "Only those with one of these keys of the upstream directory; an empty list finds nothing."
_NAME = f"1 to {MAX_NAME_LENGTH} characters, unique on the site. White space around it is cut."
_DRY_RUN = "Check everything and tell what would happen, but keep nothing."
_EXPECTED = "The version that you have seen: where the group has another one now, nothing is changed."
_MOVE = "Users who are in another group of the same site leave it in the same transaction, instead of being refused."


@strawberry.input(description="An order of sites.")
class SiteOrder:
    field: SiteOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)


@strawberry.input(description="An order of users.")
class UserOrder:
    field: UserOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)


@strawberry.input(description="An order of pickup groups.")
class PickupGroupOrder:
    field: PickupGroupOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)


@strawberry.input(description="Which sites: all that is given must hold.")
class SiteFilter:
    external_ids: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_EXTERNAL_IDS)


@strawberry.input(description="Which users: all that is given must hold.")
class UserFilter:
    external_ids: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_EXTERNAL_IDS)
    station_types: list[StationType] | None = strawberry.field(
        default=strawberry.UNSET, description="Only users with a station of one of these types."
    )
    pickup_status: PickupStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Only users with this pickup status."
    )


@strawberry.input(description="A new pickup group.")
class CreatePickupGroupInput:
    site_id: strawberry.ID = strawberry.field(description="The site of the group.")
    name: str = strawberry.field(description=f"Its name: {_NAME}")
    user_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description=f"Its members, at most {MAX_USERS:,}. A repeated id counts once."
    )
    move_members: bool = strawberry.field(default=False, description=_MOVE)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Another name for a pickup group.")
class RenamePickupGroupInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    name: str = strawberry.field(description=f"Its new name: {_NAME}")
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="The whole list of a pickup group's members.")
class SetPickupGroupMembersInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    user_ids: list[strawberry.ID] = strawberry.field(
        description=f"All its members from now on, at most {MAX_USERS:,}; an empty list leaves it without any."
    )
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    move_members: bool = strawberry.field(default=False, description=_MOVE)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Users who are to join or to leave a pickup group.")
class ChangePickupGroupMembersInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    user_ids: list[strawberry.ID] = strawberry.field(
        description=f"The users, at most {MAX_USERS:,}. A repeated id counts once."
    )
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    move_members: bool = strawberry.field(
        default=False, description=f"{_MOVE} Has no effect on removePickupGroupMembers."
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A pickup group to delete.")
class DeletePickupGroupInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
