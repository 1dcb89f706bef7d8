"""Sites: one, and the list of them; the site of a user, of a group, of a change."""

from collections.abc import Sequence

from models.change import Change
from models.filters import SiteFilter
from models.grants import visible
from models.listings import SITES
from models.paging import Window
from models.pickup_group import PickupGroup
from models.site import Site
from models.user import User
from models.wanted import Branch
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
