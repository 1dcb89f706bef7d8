"""Changes: the history of a site, page by page."""

from collections.abc import Sequence

from models.change import Change
from models.listings import CHANGES
from models.paging import Window
from models.pickup_group import PickupGroup
from models.site import Site
from models.wanted import Branch
from resolvers.connections import load_connection
from resolvers.reading import Reading, load_one, loads


@loads(Site, "changes")
async def load_changes(reading: Reading, sites: Sequence[Site], branch: Branch) -> None:
    window = Window(CHANGES, branch.arguments["page"])
    await load_connection(reading, sites, branch, window, lambda site: site.key)


@loads(Change, "pickup_group")
async def load_group_of_change(reading: Reading, changes: Sequence[Change], branch: Branch) -> None:
    await load_one(reading, changes, branch, PickupGroup, lambda change: change.pickup_group_key)
