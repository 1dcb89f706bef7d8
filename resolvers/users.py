"""Users: one, and the lists of them; the members of a group and the users who could join it."""

from collections.abc import Sequence

from models.filters import UserFilter
from models.listings import ALL_USERS, AVAILABLE_USERS, MEMBERS
from models.paging import Window
from models.pickup_group import PickupGroup
from models.site import Site
from models.user import User
from models.wanted import Branch
from resolvers.connections import load_connection
from resolvers.reading import Reading, loads
from resolvers.root import Root, connect_of_sites, load_by_key


@loads(Root, "user")
async def load_user(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    await load_by_key(reading, roots, branch, User, "site_id")


@loads(Root, "users")
async def load_users(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    chosen: UserFilter = branch.arguments["filter"]
    connection = await connect_of_sites(reading, branch, ALL_USERS, chosen.conditions)
    for root in roots:
        root.related[branch.key] = connection


@loads(Site, "users")
async def load_users_of_site(reading: Reading, sites: Sequence[Site], branch: Branch) -> None:
    chosen: UserFilter = branch.arguments["filter"]
    window = Window(ALL_USERS, branch.arguments["page"], chosen.conditions)
    await load_connection(reading, sites, branch, window, lambda site: site.key)


@loads(PickupGroup, "members")
async def load_members(reading: Reading, groups: Sequence[PickupGroup], branch: Branch) -> None:
    window = Window(MEMBERS, branch.arguments["page"])
    await load_connection(reading, groups, branch, window, lambda group: group.key)


@loads(PickupGroup, "available_users")
async def load_available_users(reading: Reading, groups: Sequence[PickupGroup], branch: Branch) -> None:
    window = Window(AVAILABLE_USERS, branch.arguments["page"])
    await load_connection(reading, groups, branch, window, lambda group: group.site_key)
