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
from models.domain import directory_values
from models.domain.group_names import MAX_NAME_LENGTH
from resolvers.directory_mutations import MAX_ROWS
from resolvers.pickup_group_mutations import MAX_USERS

_DIRECTION = "Ascending if not given."
_EXTERNAL_IDS = "Only those with one of these keys of the upstream directory; an empty list finds nothing."
_NAME = f"1 to {MAX_NAME_LENGTH} characters, unique on the site. White space around it is cut."
_DRY_RUN = "Check everything and answer with what would happen, but keep nothing."
_EXPECTED = "The version that you have seen: if the group has another one now, nothing is changed."
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


@strawberry.input(description="What becomes of a pickup group: what is left out stays.")
class UpdatePickupGroupInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"Its new name: {_NAME} Null is the same as leaving it out."
    )
    add_user_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description=f"Users who join it, at most {MAX_USERS:,}. A repeated id counts once, and a member stays.",
    )
    remove_user_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description=f"Users who leave it, at most {MAX_USERS:,}. One who is not in it, or who also joins, is passed "
        "over.",
    )
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    move_members: bool = strawberry.field(default=False, description=_MOVE)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A pickup group to delete.")
class DeletePickupGroupInput:
    id: strawberry.ID = strawberry.field(description="The group.")
    expected_version: int | None = strawberry.field(default=strawberry.UNSET, description=_EXPECTED)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


_SITE_KEY = f"1 to {directory_values.MAX_KEY_LENGTH} characters, not * and without |."
_PHONE = "E.164, or as people write it in the country of PICKUP_DEFAULT_REGION."


@strawberry.input(description="All of a site, by its key in the upstream directory.")
class SiteRow:
    external_id: str = strawberry.field(description=f"The key: an unknown one adds a site. {_SITE_KEY}")
    name: str = strawberry.field(description=f"Its name, 1 to {directory_values.MAX_NAME_LENGTH} characters.")
    main_number: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"Its lead number; none if absent. {_PHONE}"
    )


@strawberry.input(description="All of a user, by their key in the upstream directory.")
class UserRow:
    external_id: str = strawberry.field(description=f"The key: an unknown one adds a user. {_SITE_KEY}")
    site_external_id: str = strawberry.field(
        description="The key of the user's site. A user of another site moves, and leaves their pickup group."
    )
    first_name: str = strawberry.field(
        default="", description=f"The first name, at most {directory_values.MAX_NAME_LENGTH} characters."
    )
    last_name: str = strawberry.field(default="", description="The last name, likewise. One of the two must be given.")
    extension: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"1 to {directory_values.MAX_EXTENSION_LENGTH} digits; none if absent.",
    )
    phone_number: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"The direct number; none if absent. {_PHONE}"
    )
    email: str | None = strawberry.field(default=strawberry.UNSET, description="The email address; none if absent.")
    station_type: StationType = strawberry.field(
        description="The type of the station. With one that is not eligible, a member leaves their pickup group."
    )
    barge_in_exempt: bool = strawberry.field(
        default=False,
        description="The user is exempt from barge-in. Without effect for a user who is in a pickup group.",
    )


@strawberry.input(description="Sites to add and to change.")
class UpsertSitesInput:
    sites: list[SiteRow] = strawberry.field(description=f"The sites, at most {MAX_ROWS}.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Users to add and to change.")
class UpsertUsersInput:
    users: list[UserRow] = strawberry.field(description=f"The users, at most {MAX_ROWS}.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Users to remove.")
class RemoveUsersInput:
    external_ids: list[str] = strawberry.field(
        description=f"Their keys in the upstream directory, at most {MAX_ROWS}. A repeated key counts once."
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Sites to remove, which must have neither users nor pickup groups.")
class RemoveSitesInput:
    external_ids: list[str] = strawberry.field(
        description=f"Their keys in the upstream directory, at most {MAX_ROWS}. A repeated key counts once."
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
