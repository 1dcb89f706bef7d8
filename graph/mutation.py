"""The Mutation root: decodes ids, calls one resolver, and its outcome is the payload."""

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.context import Context
from graph.ids import decode_key
from graph.inputs import (
    ChangePickupGroupMembersInput,
    CreatePickupGroupInput,
    DeletePickupGroupInput,
    RenamePickupGroupInput,
    SetPickupGroupMembersInput,
)
from graph.loading import wanted_of
from graph.payloads import (
    CreatePickupGroupPayload,
    DeletePickupGroupPayload,
    PickupGroupMembersPayload,
    RenamePickupGroupPayload,
)
from models.errors import N_, Forbidden
from models.rules import Named
from resolvers import pickup_group_changes as changes
from resolvers.outcome import Acting, Outcome
from resolvers.pickup_group_changes import MembersAction

ContextInfo = Info[Context, Any]
Members = ChangePickupGroupMembersInput | SetPickupGroupMembersInput

Creation = Annotated[CreatePickupGroupInput, strawberry.argument(description="The group to make.")]
Renaming = Annotated[RenamePickupGroupInput, strawberry.argument(description="The group and its new name.")]
Setting = Annotated[SetPickupGroupMembersInput, strawberry.argument(description="The group and all its members.")]
Adding = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who joins it.")]
Removing = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who leaves it.")]
Deletion = Annotated[DeletePickupGroupInput, strawberry.argument(description="The group to delete.")]


async def create_pickup_group(info: ContextInfo, input: Creation) -> Any:
    site = Named(input.site_id, decode_key("Site", input.site_id))
    acting = _acting(info, dry_run=input.dry_run)
    outcome = await changes.create_group(acting, site, input.name, _users(input.user_ids), move=input.move_members)
    return _told(info, outcome)


async def rename_pickup_group(info: ContextInfo, input: Renaming) -> Any:
    acting = _acting(info, dry_run=input.dry_run)
    outcome = await changes.rename_group(acting, _group(input.id), input.name, _expected(input.expected_version))
    return _told(info, outcome)


async def set_pickup_group_members(info: ContextInfo, input: Setting) -> Any:
    return await _change_members(info, MembersAction.SET, input)


async def add_pickup_group_members(info: ContextInfo, input: Adding) -> Any:
    return await _change_members(info, MembersAction.ADD, input)


async def remove_pickup_group_members(info: ContextInfo, input: Removing) -> Any:
    return await _change_members(info, MembersAction.REMOVE, input)


async def delete_pickup_group(info: ContextInfo, input: Deletion) -> Any:
    acting = _acting(info, dry_run=input.dry_run)
    return _told(info, await changes.delete_group(acting, _group(input.id), _expected(input.expected_version)))


async def _change_members(info: ContextInfo, action: MembersAction, input: Members) -> Outcome:
    outcome = await changes.change_members(
        _acting(info, dry_run=input.dry_run),
        action,
        _group(input.id),
        _users(input.user_ids),
        _expected(input.expected_version),
        move=input.move_members,
    )
    return _told(info, outcome)


def _acting(info: ContextInfo, *, dry_run: bool) -> Acting:
    """Who acts, and what they want to know of the outcome. Raises Forbidden where the caller may not write."""
    context = info.context
    if not context.caller.may_write:
        raise Forbidden(N_("Your token does not permit changes: it needs the permission WRITE."))
    payload, wanted = wanted_of(info)
    return Acting(context.database, context.caller, payload, wanted, dry_run)


def _told(info: ContextInfo, outcome: Outcome) -> Outcome:
    """The outcome, of whose site the caller has now seen a revision."""
    if outcome.seen is not None:
        info.context.seen.update([outcome.seen])
    return outcome


def _expected(version: int | None) -> int | None:
    """The version given; an absent one is Strawberry's UNSET."""
    return None if version is strawberry.UNSET else version


def _group(id_: str) -> Named:
    return Named(id_, decode_key("PickupGroup", id_))


def _users(ids: Iterable[str]) -> list[Named]:
    return [Named(one, decode_key("User", one)) for one in ids]


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
        resolver=set_pickup_group_members,
        description="Replaces a group's members by the list given.",
    )
    add_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=add_pickup_group_members,
        description="Puts users into a group. One who is in it already stays.",
    )
    remove_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=remove_pickup_group_members,
        description="Takes users out of a group. One who is not in it is passed over.",
    )
    delete_pickup_group: DeletePickupGroupPayload = strawberry.field(
        resolver=delete_pickup_group, description="Deletes a group. Its members become available."
    )
