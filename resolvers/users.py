"""Users: one, and the lists of them; the members of a group and the users who could join it."""

from collections.abc import Sequence

from models.pickup_group import PickupGroup
from models.queries.filters import UserFilter
from models.queries.lists import ALL_USERS, AVAILABLE_USERS, MEMBERS
from models.queries.wanted import Branch
from models.site import Site
from models.user import User
from resolvers.reading import Reading, loads
from resolvers.relations import has_list
from resolvers.root import Root, connect_of_sites, load_by_key

has_list(Site, "users", ALL_USERS)
has_list(PickupGroup, "members", MEMBERS)
has_list(PickupGroup, "available_users", AVAILABLE_USERS, "site_key")


@loads(Root, "user")
async def load_user(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    await load_by_key(reading, roots, branch, User, "site_id")


@loads(Root, "users")
async def load_users(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    chosen: UserFilter = branch.arguments["filter"]
    connection = await connect_of_sites(reading, branch, ALL_USERS, chosen.conditions)
    for root in roots:
        root.related[branch.key] = connection
