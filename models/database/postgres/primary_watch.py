"""Watching which of several hosts takes writes, so that connections to a host that hangs are left soon.

The connections to a primary that has died break at once. Those to one that hangs, or whose network is gone, do not: a
statement would wait until its request times out, and the next one too. But a host that is slow for a moment must not
lose its connections. So they are given up only when another host takes writes.
"""

import asyncio
import logging
from collections.abc import Callable

from models.database.failures import Failure, classify_error
from models.database.postgres.hosts import Hosts, takes_writes
from models.database.url import DatabaseURL, Host

log = logging.getLogger("pickup")

_INTERVAL_S = 1.0
"""How often the primary is asked for a sign of life."""

_TIMEOUT_S = 1.0
"""A primary that takes longer is looked for again among all hosts."""

_RETRY_S = 0.3


class PrimaryWatch:
    """Calls `leave` with the host that takes writes, when it is another one than before."""

    def __init__(self, url: DatabaseURL, hosts: Hosts, leave: Callable[[Host], None]) -> None:
        self._hosts = hosts
        self._options = url.connect_options
        self._leave = leave
        self._primary: Host | None = None
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watching = asyncio.ensure_future(self._keep_watching())

    async def stop(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})

    async def _keep_watching(self) -> None:
        while True:
            try:
                await self._watch()
            except Exception as error:
                if classify_error(error) is Failure.UNKNOWN:
                    log.exception("Watching for the primary failed, and begins again.")
            await asyncio.sleep(_RETRY_S)

    async def _watch(self) -> None:
        """Until the primary does not answer, or takes no writes any longer."""
        connection = await self._hosts.connect(**self._options)
        try:
            before, self._primary = self._primary, self._hosts.last
            if before not in {None, self._primary}:
                log.warning("Another host takes writes: %s instead of %s.", self._primary, before)
                self._leave(self._primary)
            while await takes_writes(connection, _TIMEOUT_S):  # noqa: ASYNC110 - it sends no event
                await asyncio.sleep(_INTERVAL_S)
        finally:
            connection.terminate()
