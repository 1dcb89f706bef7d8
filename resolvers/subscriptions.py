"""Live changes of a site: as they are recorded, in order, none missed and none twice."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from functools import partial

from models.change import Change
from models.database.database import Database
from models.database.sessions import Records, Session
from models.errors import N_, BadArgument, NotFoundError, TimedOut, Unavailable
from models.queries.grants import granted
from resolvers.json_query.execution import ForeignCursorError, fetch_answers
from resolvers.json_query.root_field import Json, RootField

BATCH = 100
"""Changes read at a time, fewer if much is selected. A slow reader holds that many: the table waits, not a queue."""

READ_TIMEOUT_S = 10.0
"""A read that takes longer is stopped: the connection may have died unnoticed."""

_RETRY_S = 1.0

ChangeEvent = tuple[int, Json]
"""The revision of a change, and its JSON."""


async def follow_site(
    database: Database, root: RootField, site_key: int | None, after_revision: int | None, batch: int = BATCH
) -> AsyncGenerator[ChangeEvent, None]:
    """The changes of the site after the revision, the stored ones first, then each as it is recorded.

    Without a revision: those from now on. `batch` of them are read at a time. Raises NotFoundError, and BadArgument for
    a revision that the site cannot have; also later, if the site is removed. The database may go away and come back
    meanwhile.
    """
    revision = await _starting_revision(database, root, site_key, after_revision)
    return _follow(database, root, site_key or 0, revision, batch)


async def _follow(
    database: Database, root: RootField, site_key: int, after_revision: int, batch: int
) -> AsyncGenerator[ChangeEvent, None]:
    revision = after_revision
    # All that what is read depends on, beside the site and the revision.
    kind = batch, root.number, root.caller.sites, repr(root.arguments)
    with database.notifier.subscribe(site_key) as recorded:
        while True:
            recorded.clear()
            try:
                key = site_key, revision, *kind
                read = partial(_changes_after, database, root, site_key, revision, batch)
                changes = await database.shared_reads.read(key, read)
            except (Unavailable, TimedOut, TimeoutError):
                await asyncio.sleep(_RETRY_S)
                continue
            for revision, json in changes.items():
                yield revision, Json(json)
            if len(changes) < batch:
                await recorded.wait()


async def _starting_revision(
    database: Database, root: RootField, site_key: int | None, after_revision: int | None
) -> int:
    now = await _site_revision(database, root, site_key or 0, root.caller.share)
    if after_revision is None:
        return now
    if not 0 <= after_revision <= now:
        template = N_("The revision must be between 0 and the site's, {now}.")
        raise BadArgument("afterRevision", after_revision, template, now=now).at(root.selection.schema_name)
    return after_revision


async def _site_revision(database: Database, root: RootField, site_key: int, share: Hashable) -> int:
    """The site's revision now. Raises NotFoundError if there is no such site that the caller may see, or no longer."""

    async def body(session: Session) -> Records:
        statement = session.statement()
        which = f"id = {statement.bind(site_key)} AND {granted(statement, root.caller, 'id')}"
        return await session.fetch(f"SELECT revision FROM sites WHERE {which}", statement.values)

    records = await database.query(body, snapshot=False, primary=True, caller=share)
    if not records:
        raise NotFoundError(N_("There is no site with this id."))
    revision: int = records[0]["revision"]
    return revision


async def _changes_after(
    database: Database, root: RootField, site_key: int, revision: int, batch: int
) -> dict[int, str]:
    """The next changes of the site that the caller may still see, by their revisions. Raises NotFoundError."""
    selection_set = root.selection.selection_set
    request = root.request({"site": site_key, "revision": revision})
    query = root.compiled(
        database.dialect,
        request,
        ("changes", batch),
        lambda compiler: compiler.changes_after(Change, selection_set, batch),
    )

    async def body(session: Session) -> dict[int, str]:
        return await fetch_answers(session, query, request)

    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            share = "followers", root.caller.share
            changes = await database.query(body, snapshot=bool(query.follow_ups), primary=True, caller=share)
            if not changes:
                await _site_revision(database, root, site_key, share)
            return changes
    except ForeignCursorError as error:
        raise root.foreign_cursor(error, request) from None
