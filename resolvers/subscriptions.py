"""Following a site: its changes as they are recorded, in order, none missed and none twice."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from models.caller import Caller
from models.change import Change
from models.database.database import Database
from models.database.notifications import REFRESH_S
from models.errors import N_, BadInput, NotFoundError, Unavailable
from models.queries.grants import visible
from models.queries.lists import CHANGES
from models.queries.pages import Facts, fetch_pages
from models.queries.pagination import PageRequest, Window
from models.queries.wanted import Wanted
from models.site import Site
from resolvers.reading import Reading, fetch_rows, relate

BATCH = 100
"""Changes read at a time. A reader who is slow holds that many at the most: the table waits, not a queue."""

READ_WITHIN_S = 10.0
"""What takes longer is broken off: nobody may be at the other end of the connection any more."""

_AWAY_PAUSE_S = 1.0


async def follow_site(
    database: Database, caller: Caller, site_key: int | None, after: int | None, wanted: Wanted
) -> AsyncGenerator[Change, None]:
    """The changes of the site after the revision given, the stored ones first, then each as it comes.

    Without a revision: those that come from now on. Raises NotFoundError, and BadInput for a revision that the site
    cannot have. The database may go away and come back meanwhile.
    """
    revision = await _starting_point(database, caller, site_key, after)
    return _follow(database, caller, site_key or 0, revision, wanted)


async def _follow(
    database: Database, caller: Caller, site_key: int, revision: int, wanted: Wanted
) -> AsyncGenerator[Change, None]:
    with database.notifier.subscribe(site_key) as recorded:
        while True:
            recorded.clear()
            try:
                async with asyncio.timeout(READ_WITHIN_S):
                    changes = await _changes_after(database, caller, site_key, revision, wanted)
            except (Unavailable, TimeoutError):
                await asyncio.sleep(_AWAY_PAUSE_S)
                continue
            for change in changes:
                yield change
                revision = change.revision
            if len(changes) < BATCH:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_S):
                        await recorded.wait()


async def _starting_point(database: Database, caller: Caller, site_key: int | None, after: int | None) -> int:
    async with database.reading(snapshot=False) as session:
        found = await fetch_rows(
            Reading(session, caller),
            Site,
            [site_key or 0],
            Wanted(frozenset({"revision"})),
            site_column="id",
        )
    if not found:
        raise NotFoundError(N_("There is no site with this id."))
    now: int = found[site_key or 0].revision
    if after is None:
        return now
    if not 0 <= after <= now:
        raise BadInput(
            N_("afterRevision is {after}, but must be between 0 and the site's revision, {now}."), after=after, now=now
        )
    return after


async def _changes_after(
    database: Database, caller: Caller, site_key: int, revision: int, wanted: Wanted
) -> list[Change]:
    """The next changes of a site that the caller may still see, with what is wanted of them."""
    window = Window(
        CHANGES,
        PageRequest(first=BATCH, order="REVISION"),
        [visible(caller, "site_id"), lambda statement: f"x.revision > {revision:d}"],
    )
    columns = Change.columns(wanted, Wanted(frozenset({"revision"})))
    async with database.reading() as session:
        pages = await fetch_pages(session, window, [site_key], columns, Facts())
        changes = [Change.view(record) for record in pages[site_key].records]
        await relate(Reading(session, caller), changes, wanted)
    return changes
