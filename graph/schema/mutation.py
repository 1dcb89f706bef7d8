"""The Mutation root: decodes ids, calls one resolver, and its outcome is the payload."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.schema.ids import decode_key
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
from graph.schema.read_ahead import read_ahead
from models.domain.rules import NodeReference
from resolvers import pickup_group_mutations as changes
from resolvers.pickup_group_mutations import MembersAction
from resolvers.transactions import Acting, Outcome

Creation = Annotated[CreatePickupGroupInput, strawberry.argument(description="The group to make.")]
Renaming = Annotated[RenamePickupGroupInput, strawberry.argument(description="The group and its new name.")]
Setting = Annotated[SetPickupGroupMembersInput, strawberry.argument(description="The group and all its members.")]
Adding = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who joins it.")]
Removing = Annotated[ChangePickupGroupMembersInput, strawberry.argument(description="The group and who leaves it.")]
Deletion = Annotated[DeletePickupGroupInput, strawberry.argument(description="The group to delete.")]

Given = Mapping[str, Any]
"""An input, by the names in the schema."""


async def create(acting: Acting, given: Given) -> Outcome:
    site = NodeReference(given["siteId"], decode_key("Site", given["siteId"]))
    users = _users(given["userIds"])
    return await changes.create_group(acting, site, given["name"], users, move=given["moveMembers"])


async def rename(acting: Acting, given: Given) -> Outcome:
    return await changes.rename_group(acting, _group(given["id"]), given["name"], given.get("expectedVersion"))


async def change_members(action: MembersAction, acting: Acting, given: Given) -> Outcome:
    users = _users(given["userIds"])
    expected = given.get("expectedVersion")
    return await changes.change_members(acting, action, _group(given["id"]), users, expected, move=given["moveMembers"])


async def delete(acting: Acting, given: Given) -> Outcome:
    return await changes.delete_group(acting, _group(given["id"]), given.get("expectedVersion"))


ACTIONS: dict[str, Callable[[Acting, Given], Awaitable[Outcome]]] = {
    "createPickupGroup": create,
    "renamePickupGroup": rename,
    "setPickupGroupMembers": partial(change_members, MembersAction.SET),
    "addPickupGroupMembers": partial(change_members, MembersAction.ADD),
    "removePickupGroupMembers": partial(change_members, MembersAction.REMOVE),
    "deletePickupGroup": delete,
}
"""What each mutation does: its outcome stands under its field's key before that is answered."""


def _group(id_: str) -> NodeReference:
    return NodeReference(id_, decode_key("PickupGroup", id_))


def _users(ids: Iterable[str]) -> list[NodeReference]:
    return [NodeReference(one, decode_key("User", one)) for one in ids]


def created(root: Any, info: Info, input: Creation) -> Any:
    return read_ahead(root, info)


def renamed(root: Any, info: Info, input: Renaming) -> Any:
    return read_ahead(root, info)


def members_set(root: Any, info: Info, input: Setting) -> Any:
    return read_ahead(root, info)


def members_added(root: Any, info: Info, input: Adding) -> Any:
    return read_ahead(root, info)


def members_removed(root: Any, info: Info, input: Removing) -> Any:
    return read_ahead(root, info)


def deleted(root: Any, info: Info, input: Deletion) -> Any:
    return read_ahead(root, info)


@strawberry.type(
    description="Everything that can be changed. One mutation is one transaction: all rules are checked, all that are "
    "broken come back together as violations, and where there is any nothing is changed."
)
class Mutation:
    create_pickup_group: CreatePickupGroupPayload = strawberry.field(
        resolver=created, description="Makes a pickup group of a site, with its first members."
    )
    rename_pickup_group: RenamePickupGroupPayload = strawberry.field(
        resolver=renamed, description="Gives a group another name. Its id stays."
    )
    set_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=members_set,
        description="Replaces a group's members by the list given.",
    )
    add_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=members_added,
        description="Puts users into a group. One who is in it already stays.",
    )
    remove_pickup_group_members: PickupGroupMembersPayload = strawberry.field(
        resolver=members_removed,
        description="Takes users out of a group. One who is not in it is passed over.",
    )
    delete_pickup_group: DeletePickupGroupPayload = strawberry.field(
        resolver=deleted, description="Deletes a group. Its members become available."
    )
