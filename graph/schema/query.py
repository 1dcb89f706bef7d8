"""The Query root: each field is answered by one resolver, with all that is selected below it."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.types import Info

from graph.context import Context
from graph.schema.connections import (
    BY_GROUP_NAME,
    BY_SITE_NAME,
    BY_USER_NAME,
    After,
    Before,
    Connection,
    First,
    GroupSearch,
    GroupsInOrder,
    Last,
    OfSite,
    SiteSearch,
    SitesFiltered,
    SitesInOrder,
    UserSearch,
    UsersFiltered,
    UsersInOrder,
    list_pickup_groups,
    list_sites,
    list_users,
    with_number,
)
from graph.schema.ids import decode_id, decode_key
from graph.schema.types import Node, PickupGroup, Site, User, Viewer
from models.errors import N_, BadArgument
from resolvers.nodes import read_node, read_nodes
from resolvers.pickup_groups import read_pickup_group, read_pickup_groups, read_pickup_groups_of_site
from resolvers.sites import read_site, read_sites
from resolvers.users import read_user, read_users, read_users_of_site

MAX_NODES = 100

Id = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MAX_NODES}, repeats counted.")
]

# The resolvers return finished JSON, which the executor lets pass in place of the types of the schema.
Json = Any


def viewer(info: Info[Context, None]) -> Json:
    # Not asynchronous: it reads nothing, and so a list beside it is read alone.
    caller = info.context.caller
    return Viewer(subject=caller.subject, permissions=sorted(caller.permissions, key=lambda one: one.value))


async def node(info: Info[Context, None], id: Id) -> Json:
    return await read_node(info.context.query_field(info.path.key), decode_id(id))


async def nodes(info: Info[Context, None], ids: Ids) -> Json:
    field = info.context.query_field(info.path.key)
    if len(ids) > MAX_NODES:
        template = N_("ids has {number} ids, but one call takes at most {most}.")
        raise BadArgument("ids", ids, template, number=len(ids), most=MAX_NODES).at("nodes")
    return await read_nodes(field, [decode_id(id_) for id_ in ids])


async def site(info: Info[Context, None], id: Id) -> Json:
    return await read_site(info.context.query_field(info.path.key), decode_key("Site", id))


async def sites(
    info: Info[Context, None],
    filter: SitesFiltered = UNSET,
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: SiteSearch = UNSET,
    order_by: SitesInOrder = BY_SITE_NAME,
) -> Json:
    field = info.context.query_field(info.path.key)
    page = list_sites(filter, first, after, last, before, search, order_by)
    page = with_number(page, info.context.default_region)
    return await read_sites(field, page)


async def user(info: Info[Context, None], id: Id) -> Json:
    return await read_user(info.context.query_field(info.path.key), decode_key("User", id))


async def users(
    info: Info[Context, None],
    site_id: OfSite = UNSET,
    filter: UsersFiltered = UNSET,
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: UserSearch = UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Json:
    field = info.context.query_field(info.path.key)
    page = list_users(filter, first, after, last, before, search, order_by)
    page = with_number(page, info.context.default_region)
    if site_id is UNSET or site_id is None:
        return await read_users(field, page)
    return await read_users_of_site(field, page, decode_key("Site", site_id))


async def pickup_group(info: Info[Context, None], id: Id) -> Json:
    return await read_pickup_group(info.context.query_field(info.path.key), decode_key("PickupGroup", id))


async def pickup_groups(
    info: Info[Context, None],
    site_id: OfSite = UNSET,
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: GroupSearch = UNSET,
    order_by: GroupsInOrder = BY_GROUP_NAME,
) -> Json:
    field = info.context.query_field(info.path.key)
    page = list_pickup_groups(first, after, last, before, search, order_by)
    page = with_number(page, info.context.default_region)
    if site_id is UNSET or site_id is None:
        return await read_pickup_groups(field, page)
    return await read_pickup_groups_of_site(field, page, decode_key("Site", site_id))


@strawberry.type(description="All queries. What you may not see is not found.")
class Query:
    node: Node | None = strawberry.field(resolver=node, description="The object with this id, or null.")
    nodes: list[Node | None] = strawberry.field(
        resolver=nodes,
        description="The objects with these ids, in the same order; null for an id that is not found.",
    )
    viewer: Viewer = strawberry.field(resolver=viewer, description="The caller.")
    site: Site | None = strawberry.field(resolver=site, description="The site with this id, or null.")
    sites: Connection[Site] = strawberry.field(resolver=sites, description="The sites that you may see.")
    user: User | None = strawberry.field(resolver=user, description="The user with this id, or null.")
    users: Connection[User] = strawberry.field(
        resolver=users, description="The users of one site, or of all sites that you may see."
    )
    pickup_group: PickupGroup | None = strawberry.field(
        resolver=pickup_group, description="The pickup group with this id, or null."
    )
    pickup_groups: Connection[PickupGroup] = strawberry.field(
        resolver=pickup_groups, description="The pickup groups of one site, or of all sites that you may see."
    )
