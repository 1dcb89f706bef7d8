"""Sites: one, and the list of them; the site of a user, of a group, of a change."""

from collections.abc import Sequence

from models.change import Change
from models.pickup_group import PickupGroup
from models.queries.filters import SiteFilter
from models.queries.grants import visible
from models.queries.lists import SITES
from models.queries.pagination import Window
from models.queries.wanted import Branch
from models.site import Site
from models.user import User
from resolvers.connections import connect
from resolvers.reading import Reading, loads
from resolvers.relations import leads_to
from resolvers.root import Root, load_by_key

leads_to(User, "site", Site, "site_key")
leads_to(PickupGroup, "site", Site, "site_key")
leads_to(Change, "site", Site, "site_key")


@loads(Root, "site")
async def load_site(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    await load_by_key(reading, roots, branch, Site, "id")


@loads(Root, "sites")
async def load_sites(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    chosen: SiteFilter = branch.arguments["filter"]
    window = Window(SITES, branch.arguments["page"], [visible(reading.caller, "id"), *chosen.conditions])
    connections = await connect(reading, window, [None], branch.wanted)
    for root in roots:
        root.related[branch.key] = connections[None]
