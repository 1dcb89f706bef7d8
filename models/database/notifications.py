"""Notifications of changes: wakes the subscribers of a site when its change log may have grown, by any process."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import asyncpg

from models.database.failures import Failure, classify_error
from models.database.postgres.connections import CLOSE_TIMEOUT_S
from models.database.postgres.hosts import connect, takes_writes
from models.database.sqlite.connections import open_reader
from models.database.sqlite.threads import fetch, run_on_thread
from models.database.url import DatabaseURL

log = logging.getLogger("pickup")

POLL_S = 0.1
"""How often a SQLite file is polled. Reading its data_version reads no page of it."""

REFRESH_S = 15.0
"""How often the revisions are read without a notification, in case one was lost."""

FAILOVER_REFRESH_S = 2.0
"""The same if there are several hosts: a connection to a host that hangs must be left soon."""

POOLED_REFRESH_S = 1.0
"""The same behind a pooler, which passes no notifications on."""

CHANNEL = "pickup_changes"
"""The channel on which the trigger on PostgreSQL's table `changes` notifies of the key of the site."""

_PING_TIMEOUT_S = 3.0
_RECONNECT_S = 1.0

Notify = Callable[[int], None]
"""Called with the key of a site that may have new changes."""

ReadRevisions = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]
"""Reads the revisions of sites, by the keys of those that exist."""

Compare = Callable[[ReadRevisions], Awaitable[None]]
"""Called if any site may have changed: reads the revisions of the followed sites, and notifies of those that differ.

SQLite does not say which site a commit changed. If each subscriber read its change log to find out, 500 of them would
make a query of 7 ms take 633 while another site changes.
"""


class ChangeNotifier:
    """Wakes subscribers. It watches the database only while there are any."""

    def __init__(self, url: DatabaseURL) -> None:
        self._watch: Callable[[Notify, Compare], Awaitable[None]]
        if url.dialect == "sqlite":
            self._watch = _SqlitePoller(url.path).run
        elif url.pooled:
            self._watch = _PostgresPoller(url).run
        else:
            self._watch = _PostgresListener(url).run
        self._revisions: Mapping[int, int] = {}
        """Those of the followed sites, as they were read last."""
        self._subscribers: dict[int, set[asyncio.Event]] = {}
        self._watching: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def subscribe(self, site_key: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever the site may have new changes; the change log says whether it has any."""
        event = asyncio.Event()
        self._subscribers.setdefault(site_key, set()).add(event)
        if self._watching is None:
            self._revisions = {}
            self._watching = asyncio.ensure_future(self._keep_watching())
        try:
            yield event
        finally:
            events = self._subscribers[site_key]
            events.discard(event)
            if not events:
                del self._subscribers[site_key]
            if not self._subscribers:
                self._stop()

    def _notify(self, site_key: int) -> None:
        for event in self._subscribers.get(site_key, ()):
            event.set()

    async def _compare(self, read: ReadRevisions) -> None:
        """Notify of the sites whose revision has changed since the last time, is read for the first time, or is gone.

        A subscriber reads the change log when it has subscribed. So it has seen every change that was committed before
        the first time, and each later one changes the revision.
        """
        followed = list(self._subscribers)
        revisions = await read(followed)
        before, self._revisions = self._revisions, revisions
        for key in followed:
            if key not in revisions or before.get(key) != revisions[key]:
                self._notify(key)

    async def _keep_watching(self) -> None:
        """Watch, and reconnect after a failure. Each new connection compares revisions: any change may be missed."""
        while True:
            try:
                await self._watch(self._notify, self._compare)
            except Exception as error:
                if classify_error(error) is Failure.UNKNOWN:
                    log.exception("Watching the database for changes failed, and begins again.")
            await asyncio.sleep(_RECONNECT_S)

    def _stop(self) -> asyncio.Task[None] | None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
        return watching

    async def close(self) -> None:
        watching = self._stop()
        if watching is not None:
            await asyncio.wait({watching})


class _SqlitePoller:
    """Polls the counter that SQLite raises for a connection when another one, of any process, has committed."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def run(self, _notify: Notify, compare: Compare) -> None:
        connection = await open_reader(self._path)

        async def read(keys: Sequence[int]) -> Mapping[int, int]:
            sql = "SELECT id, revision FROM sites WHERE id IN (SELECT value FROM json_each(?))"
            records = await run_on_thread(connection, lambda inner: fetch(inner, sql, [json.dumps(keys)]))
            return {record["id"]: record["revision"] for record in records}

        try:
            before = None
            while True:
                now = await connection.execute_fetchall("PRAGMA data_version")
                if now != before:
                    await compare(read)
                before = now
                await asyncio.sleep(POLL_S)
        finally:
            await asyncio.shield(connection.close())


class _PostgresPoller:
    """Reads the revisions regularly."""

    def __init__(self, url: DatabaseURL) -> None:
        self._url = url

    async def run(self, _notify: Notify, compare: Compare) -> None:
        async with _connection(self._url) as connection:
            while True:
                await compare(_revisions_on(connection))
                await asyncio.sleep(POOLED_REFRESH_S)


class _PostgresListener:
    """Listens to the channel on a connection of its own."""

    def __init__(self, url: DatabaseURL) -> None:
        self._url = url
        self._several = len(url.hosts) > 1
        self._refresh_s = FAILOVER_REFRESH_S if self._several else REFRESH_S

    async def run(self, notify: Notify, compare: Compare) -> None:
        async with _connection(self._url) as connection:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(
                CHANNEL, lambda _connection, _process, _channel, payload: notify(int(payload))
            )
            while not lost.is_set():
                if self._several and not await takes_writes(connection, _PING_TIMEOUT_S):
                    return
                # A connection whose network is gone ends without a message, but reading needs an answer.
                await compare(_revisions_on(connection))
                # It listens already: this shows in the server's list of connections what it is for.
                await connection.execute(f"LISTEN {CHANNEL}", timeout=_PING_TIMEOUT_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._refresh_s):
                        await lost.wait()


@contextlib.asynccontextmanager
async def _connection(url: DatabaseURL) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(url)
    try:
        yield connection
    finally:
        # A cancellation must not turn into the error of a server that does not answer.
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.shield(connection.close(timeout=CLOSE_TIMEOUT_S))


def _revisions_on(connection: asyncpg.Connection) -> ReadRevisions:
    async def read(keys: Sequence[int]) -> Mapping[int, int]:
        sql = "SELECT id, revision FROM sites WHERE id = ANY($1::bigint[])"
        records = await connection.fetch(sql, keys, timeout=_PING_TIMEOUT_S)
        return {record["id"]: record["revision"] for record in records}

    return read
