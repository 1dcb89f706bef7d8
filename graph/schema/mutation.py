"""The Mutation root: each field decodes its input and runs one command."""

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
    RenamePickupGroupInput,
    SetPickupGroupMembersInput,
)
from graph.schema.payloads import (
    CreatePickupGroupPayload,
    DeletePickupGroupPayload,
    PickupGroupMembersPayload,
    RenamePickupGroupPayload,
)
from models.domain.rules import NodeReference
from resolvers import pickup_group_mutations as mutations
from resolvers.pickup_group_mutations import MembersAction

Creation = Annotated[CreatePickupGroupInput, strawberry.argument(description="The group to make.")]
Renaming = Annotated[RenamePickupGroupInput, strawberry.argument(description="The group and its new name.")]
Setting = Annotated[SetPickupGroupMembersInput, strawberry.argument(description="The group and all its members.")]
Adding = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who joins it.")]
Removing = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who leaves it.")]
Deletion = Annotated[DeletePickupGroupInput, strawberry.argument(description="The group to delete.")]

# The resolvers return the payload as finished JSON, which the executor lets pass.
Json = Any


async def create_pickup_group(info: Info[Context, None], input: Creation) -> Json:
    return await info.context.mutate(
        info.path.key,
        lambda mutation: mutations.create_group(
            mutation,
            reference("Site", input.site_id),
            input.name,
            _users(info, input.user_ids),
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
            _users(info, input.user_ids),
            _version(input.expected_version),
            move=input.move_members,
            dry_run=input.dry_run,
        ),
    )


def _users(info: Info[Context, None], ids: list[strawberry.ID]) -> list[NodeReference]:
    """The users that a call names. Raises BadArgument if there are too many."""
    mutations.check_user_count(info.field_name, ids)
    return [reference("User", id_) for id_ in ids]


def _version(given: int | None) -> int | None:
    return None if given is UNSET else given


@strawberry.type(
    description="Everything that can be changed. One mutation is one transaction: all rules are checked, all that are "
    "broken come back together as violations, and where there is any nothing is changed."
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
    delete_pickup_group: DeletePickupGroupPayload = strawberry.field(
        resolver=delete_pickup_group, description="Deletes a group. Its members become available."
    )
