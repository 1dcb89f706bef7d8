"""The feed of a database: wakes whoever follows a site when changes may have been recorded there, by anybody."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

import asyncpg

from models.database.failures import Failure, classify_error
from models.database.sqlite.readers import open_reader
from models.database.url import DatabaseURL

log = logging.getLogger("pickup")

POLL_S = 0.1
"""How often a SQLite database is looked at. Reading its data_version touches no page."""

REFRESH_S = 15.0
"""Followers look at the table this often unasked, should a notification ever be lost on the way."""

POOLED_REFRESH_S = 1.0
"""Behind a pooler they look at it this often: no notification comes through."""

CHANNEL = "pickup_changes"
"""The channel on which the trigger on PostgreSQL's table of changes tells the key of the site."""

_ANSWERS_WITHIN_S = 3.0
_RECONNECT_S = 1.0
_CLOSING_S = 1.0

Wake = Callable[[int | None], None]
"""Called with the key of a site that has changes, None where any site may have some."""


class ChangeNotifier:
    """Wakes followers. It watches the database only while there are any."""

    def __init__(self, url: DatabaseURL) -> None:
        self._watch: Callable[[Wake], Awaitable[None]]
        if url.dialect == "sqlite":
            self._watch = _SqliteWatch(url.path).run
        elif url.pooled:
            self._watch = _wake_regularly
        else:
            self._watch = _PostgresWatch(url).run
        self._followers: dict[int, set[asyncio.Event]] = {}
        self._watching: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def subscribe(self, site_key: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever the site may have changes; the table of changes is the truth."""
        event = asyncio.Event()
        self._followers.setdefault(site_key, set()).add(event)
        if self._watching is None:
            self._watching = asyncio.ensure_future(self._keep_watching())
        try:
            yield event
        finally:
            followers = self._followers[site_key]
            followers.discard(event)
            if not followers:
                del self._followers[site_key]
            if not self._followers:
                self._stop()

    def _wake(self, site_key: int | None) -> None:
        keys = list(self._followers) if site_key is None else [site_key]
        for key in keys:
            for event in self._followers.get(key, ()):
                event.set()

    async def _keep_watching(self) -> None:
        """Watches, and begins again where the database was away; what was missed meanwhile may be anything."""
        while True:
            try:
                await self._watch(self._wake)
            except Exception as error:
                if classify_error(error) is Failure.UNKNOWN:
                    log.exception("The feed of changes failed, and begins again.")
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


async def _wake_regularly(wake: Wake) -> None:
    while True:
        wake(None)
        await asyncio.sleep(POOLED_REFRESH_S)


class _SqliteWatch:
    """Looks at the counter that SQLite raises for a connection when another one, of any process, has committed."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def run(self, wake: Wake) -> None:
        connection = await open_reader(self._path)
        try:
            before = None
            while True:
                cursor = await connection.execute("PRAGMA data_version")
                now = await cursor.fetchone()
                await cursor.close()
                if now != before:
                    wake(None)
                before = now
                await asyncio.sleep(POLL_S)
        finally:
            await asyncio.shield(connection.close())


class _PostgresWatch:
    """Listens to the channel on a connection of its own."""

    def __init__(self, url: DatabaseURL) -> None:
        self._url = url

    async def run(self, wake: Wake) -> None:
        connection = await asyncpg.connect(**self._url.connect_options)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, lambda *arguments: wake(int(arguments[-1])))
            wake(None)
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_S):
                        await lost.wait()
                # Nobody tells of a connection that has died on the way: this says nothing new, but must be answered.
                await connection.execute(f"LISTEN {CHANNEL}", timeout=_ANSWERS_WITHIN_S)
        finally:
            # Whoever is cancelled shall not be told of a server that does not answer instead.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.shield(connection.close(timeout=_CLOSING_S))
