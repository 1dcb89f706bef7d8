"""The Query root: a table of contents."""

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.execution.arguments import MOST_NODES
from graph.schema.connections import (
    BY_GROUP_NAME,
    BY_USER_NAME,
    After,
    Before,
    Connection,
    First,
    GroupSearch,
    GroupsInOrder,
    Last,
    OfSite,
    UserSearch,
    UsersFiltered,
    UsersInOrder,
    page_of_sites,
)
from graph.schema.read_ahead import read_ahead
from graph.schema.types.node import Node
from graph.schema.types.pickup_group import PickupGroup
from graph.schema.types.site import Site
from graph.schema.types.user import User
from graph.schema.types.viewer import Viewer

Id = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MOST_NODES}, repeats counted.")
]


def row_of_id(root: Any, info: Info, id: Id) -> Any:
    return read_ahead(root, info)


def rows_of_ids(root: Any, info: Info, ids: Ids) -> Any:
    return read_ahead(root, info)


def page_of_all_users(
    root: Any,
    info: Info,
    site_id: OfSite = strawberry.UNSET,
    filter: UsersFiltered = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: UserSearch = strawberry.UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Any:
    return read_ahead(root, info)


def page_of_all_groups(
    root: Any,
    info: Info,
    site_id: OfSite = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: GroupSearch = strawberry.UNSET,
    order_by: GroupsInOrder = BY_GROUP_NAME,
) -> Any:
    return read_ahead(root, info)


@strawberry.type(description="Everything that can be read. What a caller may not see does not exist for them.")
class Query:
    node: Node | None = strawberry.field(
        resolver=row_of_id, description="The object with that id, null where there is none."
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=rows_of_ids,
        description="The objects with those ids, in their order, null in place of one that is not found.",
    )
    viewer: Viewer = strawberry.field(resolver=read_ahead, description="Who is asking.")
    site: Site | None = strawberry.field(
        resolver=row_of_id, description="The site with that id, null where there is none."
    )
    sites: Connection[Site] = strawberry.field(resolver=page_of_sites, description="The sites that you may see.")
    user: User | None = strawberry.field(
        resolver=row_of_id, description="The user with that id, null where there is none."
    )
    users: Connection[User] = strawberry.field(
        resolver=page_of_all_users, description="The users of one site, or of all that you may see."
    )
    pickup_group: PickupGroup | None = strawberry.field(
        resolver=row_of_id, description="The pickup group with that id, null where there is none."
    )
    pickup_groups: Connection[PickupGroup] = strawberry.field(
        resolver=page_of_all_groups, description="The pickup groups of one site, or of all that you may see."
    )
