"""The Mutation root: each field decodes its input and runs one command."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.types import Info

from graph.context import Context
from graph.schema.ids import reference
from graph.schema.inputs import (
    ChangePickupGroupMembersInput,
    CreatePickupGroupInput,
    DeletePickupGroupInput,
    RemoveSitesInput,
    RemoveUsersInput,
    RenamePickupGroupInput,
    SetPickupGroupMembersInput,
    SiteRow,
    UpdatePickupGroupInput,
    UpsertSitesInput,
    UpsertUsersInput,
    UserRow,
)
from graph.schema.payloads import (
    CreatePickupGroupPayload,
    DeletePickupGroupPayload,
    PickupGroupMembersPayload,
    RemoveSitesPayload,
    RemoveUsersPayload,
    RenamePickupGroupPayload,
    UpsertSitesPayload,
    UpsertUsersPayload,
)
from models.domain import directory_rows
from models.domain.rules import NodeReference
from resolvers import directory_mutations as directory
from resolvers import pickup_group_mutations as mutations
from resolvers.pickup_group_mutations import MembersAction
from resolvers.transactions import MutationContext, MutationResult

Creation = Annotated[CreatePickupGroupInput, strawberry.argument(description="The group to make.")]
Renaming = Annotated[RenamePickupGroupInput, strawberry.argument(description="The group and its new name.")]
Setting = Annotated[SetPickupGroupMembersInput, strawberry.argument(description="The group and all its members.")]
Adding = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who joins it.")]
Removing = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who leaves it.")]
Updating = Annotated[UpdatePickupGroupInput, strawberry.argument(description="The group and what becomes of it.")]
Deletion = Annotated[DeletePickupGroupInput, strawberry.argument(description="The group to delete.")]
UpsertedSites = Annotated[UpsertSitesInput, strawberry.argument(description="The sites to add and to change.")]
UpsertedUsers = Annotated[UpsertUsersInput, strawberry.argument(description="The users to add and to change.")]
RemovedUsers = Annotated[RemoveUsersInput, strawberry.argument(description="The users to remove.")]
RemovedSites = Annotated[RemoveSitesInput, strawberry.argument(description="The sites to remove.")]

# The resolvers return the payload as finished JSON, which the executor lets pass.
Json = Any


async def create_pickup_group(info: Info[Context, None], input: Creation) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.create_group(
            mutation,
            reference("Site", input.site_id),
            input.name,
            _users(info, "userIds", input.user_ids),
            move=input.move_members,
            dry_run=input.dry_run,
        ),
    )


async def rename_pickup_group(info: Info[Context, None], input: Renaming) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.rename_group(
            mutation,
            reference("PickupGroup", input.id),
            input.name,
            _version(input.expected_version),
            dry_run=input.dry_run,
        ),
    )


async def set_pickup_group_members(info: Info[Context, None], input: Setting) -> Json:
    return await _change_members(info, MembersAction.SET, input)


async def add_pickup_group_members(info: Info[Context, None], input: Adding) -> Json:
    return await _change_members(info, MembersAction.ADD, input)


async def remove_pickup_group_members(info: Info[Context, None], input: Removing) -> Json:
    return await _change_members(info, MembersAction.REMOVE, input)


async def update_pickup_group(info: Info[Context, None], input: Updating) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.update_group(
            mutation,
            reference("PickupGroup", input.id),
            _given(input.name),
            _users(info, "addUserIds", input.add_user_ids),
            _users(info, "removeUserIds", input.remove_user_ids),
            _version(input.expected_version),
            move=input.move_members,
            dry_run=input.dry_run,
        ),
    )


async def delete_pickup_group(info: Info[Context, None], input: Deletion) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.delete_group(
            mutation,
            reference("PickupGroup", input.id),
            _version(input.expected_version),
            dry_run=input.dry_run,
        ),
    )


async def upsert_sites(info: Info[Context, None], input: UpsertedSites) -> Json:
    def run(mutation: MutationContext) -> Awaitable[MutationResult]:
        rows = [_site_row(row) for row in input.sites]
        return directory.upsert_sites(mutation, rows, info.context.default_region, dry_run=input.dry_run)

    return await _provision(info, "sites", input.sites, run)


async def upsert_users(info: Info[Context, None], input: UpsertedUsers) -> Json:
    def run(mutation: MutationContext) -> Awaitable[MutationResult]:
        rows = [_user_row(row) for row in input.users]
        return directory.upsert_users(mutation, rows, info.context.default_region, dry_run=input.dry_run)

    return await _provision(info, "users", input.users, run)


async def remove_users(info: Info[Context, None], input: RemovedUsers) -> Json:
    def run(mutation: MutationContext) -> Awaitable[MutationResult]:
        return directory.remove_users(mutation, input.external_ids, dry_run=input.dry_run)

    return await _provision(info, "externalIds", input.external_ids, run)


async def remove_sites(info: Info[Context, None], input: RemovedSites) -> Json:
    def run(mutation: MutationContext) -> Awaitable[MutationResult]:
        return directory.remove_sites(mutation, input.external_ids, dry_run=input.dry_run)

    return await _provision(info, "externalIds", input.external_ids, run)


async def _provision(
    info: Info[Context, None],
    argument: str,
    given: Sequence[object],
    run: Callable[[MutationContext], Awaitable[MutationResult]],
) -> Json:
    """Run a mutation of the directory on the list that is given. Raises BadArgument if it is too long."""

    def checked(mutation: MutationContext) -> Awaitable[MutationResult]:
        directory.check_row_count(info.field_name, argument, given)
        return run(mutation)

    return await info.context.provision(info.path.key, checked)


async def _change_members(
    info: Info[Context, None],
    action: MembersAction,
    input: SetPickupGroupMembersInput | ChangePickupGroupMembersInput,
) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.change_members(
            mutation,
            action,
            reference("PickupGroup", input.id),
            _users(info, "userIds", input.user_ids),
            _version(input.expected_version),
            move=input.move_members,
            dry_run=input.dry_run,
        ),
    )


def _users(info: Info[Context, None], argument: str, ids: list[strawberry.ID]) -> list[NodeReference]:
    """The users that a list of a call names. Raises BadArgument if there are too many."""
    mutations.check_user_count(info.field_name, argument, ids)
    return [reference("User", id_) for id_ in ids]


def _site_row(row: SiteRow) -> directory_rows.SiteRow:
    return directory_rows.SiteRow(row.external_id, row.name, _given(row.main_number))


def _user_row(row: UserRow) -> directory_rows.UserRow:
    return directory_rows.UserRow(
        external_id=row.external_id,
        site_external_id=row.site_external_id,
        station_type=row.station_type,
        first_name=row.first_name,
        last_name=row.last_name,
        extension=_given(row.extension),
        phone_number=_given(row.phone_number),
        email=_given(row.email),
        barge_in_exempt=row.barge_in_exempt,
    )


def _given(text: str | None) -> str | None:
    return None if text is UNSET else text


def _version(given: int | None) -> int | None:
    return None if given is UNSET else given


@strawberry.type(
    description="Everything that can be changed. One mutation is one transaction: all rules are checked, all that are "
    "broken come back together as violations, and if there is any nothing is changed."
)
class Mutation:
    create_pickup_group: CreatePickupGroupPayload = strawberry.field(
        resolver=create_pickup_group, description="Makes a pickup group of a site, with its first members."
    )
    rename_pickup_group: RenamePickupGroupPayload = strawberry.field(
        resolver=rename_pickup_group, description="Gives a group another name. Its id stays."
    )
    set_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=set_pickup_group_members, description="Replaces a group's members by the list given."
    )
    add_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=add_pickup_group_members, description="Puts users into a group. One who is in it already stays."
    )
    remove_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=remove_pickup_group_members,
        description="Takes users out of a group. One who is not in it is passed over.",
    )
    update_pickup_group: PickupGroupMembersPayload = strawberry.field(
        resolver=update_pickup_group,
        description="Changes the name and the members of a group as one transaction: all of it, or nothing.",
    )
    delete_pickup_group: DeletePickupGroupPayload = strawberry.field(
        resolver=delete_pickup_group, description="Deletes a group. Its members become available."
    )
    upsert_sites: UpsertSitesPayload = strawberry.field(
        resolver=upsert_sites,
        description="Adds the sites whose keys are new, and changes the known ones. Needs PROVISION, as do the next.",
    )
    upsert_users: UpsertUsersPayload = strawberry.field(
        resolver=upsert_users,
        description="Adds the users whose keys are new, and changes the known ones. A user who moves to another site, "
        "or gets a station that is not eligible, leaves their pickup group.",
    )
    remove_users: RemoveUsersPayload = strawberry.field(
        resolver=remove_users, description="Removes users; members leave their pickup groups."
    )
    remove_sites: RemoveSitesPayload = strawberry.field(
        resolver=remove_sites,
        description="Removes sites that have neither users nor pickup groups, with their changes.",
    )
