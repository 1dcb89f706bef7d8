"""Pickup groups: one, and the lists of them; the group of a user."""

from collections.abc import Sequence

from models.listings import ALL_PICKUP_GROUPS
from models.paging import Window
from models.pickup_group import PickupGroup
from models.site import Site
from models.user import User
from models.wanted import Branch
from resolvers.connections import load_connection
from resolvers.reading import Reading, load_one, loads
from resolvers.root import Root, connect_of_sites, load_by_key


@loads(Root, "pickup_group")
async def load_group(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    await load_by_key(reading, roots, branch, PickupGroup, "site_id")


@loads(Root, "pickup_groups")
async def load_groups(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    connection = await connect_of_sites(reading, branch, ALL_PICKUP_GROUPS)
    for root in roots:
        root.related[branch.key] = connection


@loads(Site, "pickup_groups")
async def load_groups_of_site(reading: Reading, sites: Sequence[Site], branch: Branch) -> None:
    window = Window(ALL_PICKUP_GROUPS, branch.arguments["page"])
    await load_connection(reading, sites, branch, window, lambda site: site.key)


@loads(User, "pickup_group")
async def load_group_of_user(reading: Reading, users: Sequence[User], branch: Branch) -> None:
    await load_one(reading, users, branch, PickupGroup, lambda user: user.pickup_group_key)
