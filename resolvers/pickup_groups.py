"""Pickup groups: one, and the lists of them; the group of a user and of a change."""

from collections.abc import Sequence

from models.change import Change
from models.pickup_group import PickupGroup
from models.queries.lists import ALL_PICKUP_GROUPS
from models.queries.wanted import Branch
from models.site import Site
from models.user import User
from resolvers.reading import Reading, loads
from resolvers.relations import has_list, leads_to
from resolvers.root import Root, connect_of_sites, load_by_key

has_list(Site, "pickup_groups", ALL_PICKUP_GROUPS)
leads_to(User, "pickup_group", PickupGroup, "pickup_group_key")
leads_to(Change, "pickup_group", PickupGroup, "pickup_group_key")


@loads(Root, "pickup_group")
async def load_group(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    await load_by_key(reading, roots, branch, PickupGroup, "site_id")


@loads(Root, "pickup_groups")
async def load_groups(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    connection = await connect_of_sites(reading, branch, ALL_PICKUP_GROUPS)
    for root in roots:
        root.related[branch.key] = connection
