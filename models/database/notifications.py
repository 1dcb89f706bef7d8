"""Notifications of changes: wakes the subscribers of a site when its change log may have grown, by any process."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

import asyncpg

from models.database.failures import Failure, classify_error
from models.database.sqlite.connections import open_reader
from models.database.url import DatabaseURL

log = logging.getLogger("pickup")

POLL_S = 0.1
"""How often a SQLite file is polled. Reading its data_version reads no page of it."""

REFRESH_S = 15.0
"""How often subscribers read the change log without a notification, in case one was lost."""

POOLED_REFRESH_S = 1.0
"""The same behind a pooler, which passes no notifications on."""

CHANNEL = "pickup_changes"
"""The channel on which the trigger on PostgreSQL's table `changes` notifies of the key of the site."""

_PING_TIMEOUT_S = 3.0
_RECONNECT_S = 1.0
_CLOSE_TIMEOUT_S = 1.0

Notify = Callable[[int | None], None]
"""Called with the key of a site that may have new changes; with None if any site may have some."""


class ChangeNotifier:
    """Wakes subscribers. It watches the database only while there are any."""

    def __init__(self, url: DatabaseURL) -> None:
        self._watch: Callable[[Notify], Awaitable[None]]
        if url.dialect == "sqlite":
            self._watch = _SqlitePoller(url.path).run
        elif url.pooled:
            self._watch = _notify_regularly
        else:
            self._watch = _PostgresListener(url).run
        self._subscribers: dict[int, set[asyncio.Event]] = {}
        self._watching: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def subscribe(self, site_key: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever the site may have new changes; the change log says whether it has any."""
        event = asyncio.Event()
        self._subscribers.setdefault(site_key, set()).add(event)
        if self._watching is None:
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

    def _notify(self, site_key: int | None) -> None:
        keys = list(self._subscribers) if site_key is None else [site_key]
        for key in keys:
            for event in self._subscribers.get(key, ()):
                event.set()

    async def _keep_watching(self) -> None:
        """Watch, and reconnect after a failure. Each new connection notifies every site: any change may be missed."""
        while True:
            try:
                await self._watch(self._notify)
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


async def _notify_regularly(notify: Notify) -> None:
    while True:
        notify(None)
        await asyncio.sleep(POOLED_REFRESH_S)


class _SqlitePoller:
    """Polls the counter that SQLite raises for a connection when another one, of any process, has committed."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def run(self, notify: Notify) -> None:
        connection = await open_reader(self._path)
        try:
            before = None
            while True:
                now = await connection.execute_fetchall("PRAGMA data_version")
                if now != before:
                    notify(None)
                before = now
                await asyncio.sleep(POLL_S)
        finally:
            await asyncio.shield(connection.close())


class _PostgresListener:
    """Listens to the channel on a connection of its own."""

    def __init__(self, url: DatabaseURL) -> None:
        self._url = url

    async def run(self, notify: Notify) -> None:
        connection = await asyncpg.connect(**self._url.connect_options)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(
                CHANNEL, lambda _connection, _process, _channel, payload: notify(int(payload))
            )
            notify(None)
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_S):
                        await lost.wait()
                # A connection whose network is gone ends without a message: this has no effect, but needs an answer.
                await connection.execute(f"LISTEN {CHANNEL}", timeout=_PING_TIMEOUT_S)
        finally:
            # A cancellation must not turn into the error of a server that does not answer.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.shield(connection.close(timeout=_CLOSE_TIMEOUT_S))
