"""Fair shares of the reading connections: no caller's slow queries keep the queries of another caller waiting.

A query holds its connection until it ends: it cannot be made to give it back. So a caller gets another connection only
while it holds fewer than are free. Alone it holds half of them, the next caller half of what is left, and so on; with
10 connections, 5, 3, 1 and 1. Without this, five requests of 150 searches each held every connection of a process for
half a minute, and every other query, mutation and health check waited for them.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from typing import Final

from models.database.failures import LockTimeout

SHARE_TIMEOUT_S = 10.0
"""How long a caller waits for a connection."""

CHANGES: Final = object()
"""The caller that stands for all changes: it may also take the connections that are kept for them."""


class ConnectionShares:
    """Counts the connections that each caller uses, and lets callers wait; the connections are kept elsewhere.

    A caller is whatever its connections are counted by. None is not counted: it gets any connection that is free and
    not kept for changes.
    """

    def __init__(self, size: int, *, kept_for_changes: int = 0, halved: bool = True) -> None:
        """If they are not `halved`, a caller may hold all, and those who wait take turns. That suits short uses."""
        self._free = self._size = size
        self._kept_for_changes = kept_for_changes
        self._halved = halved
        self._held: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        """By callers, those that were served last at the end."""
        self._all_free: asyncio.Future[None] | None = None
        """Set while `hold_all` waits or runs; done when all connections are free."""

    @property
    def busy(self) -> int:
        """The number of connections in use."""
        return self._size - self._free

    @property
    def stopped(self) -> bool:
        """Whether no connection is given out, because of `hold_all`."""
        return self._all_free is not None

    def before(self, caller: Hashable) -> int:
        """The number of uses that would begin before another one of this caller, if those who wait take turns."""
        own = len(self._waiting.get(caller, ()))
        return sum(min(len(queue), own + 1) for queue in self._waiting.values())

    @contextlib.asynccontextmanager
    async def hold(self, caller: Hashable, timeout_s: float | None = None) -> AsyncIterator[None]:
        """Hold a connection. Raises LockTimeout if the caller gets none in time."""
        if self._may_take(caller):
            self._take(caller)
        else:
            await self._wait(caller, SHARE_TIMEOUT_S if timeout_s is None else timeout_s)
        try:
            yield
        finally:
            self._give_back(caller)

    @contextlib.asynccontextmanager
    async def hold_all(self, timeout_s: float | None) -> AsyncIterator[None]:
        """Give out no connection, and begin when all are free. Raises LockTimeout if they are not in time.

        Only one task at a time may do this.
        """
        assert self._all_free is None
        self._all_free = asyncio.get_running_loop().create_future()
        try:
            if self.busy:
                try:
                    async with asyncio.timeout(timeout_s):
                        await self._all_free
                except TimeoutError:
                    raise LockTimeout from None
            yield
        finally:
            self._all_free = None
            self._serve_waiting()

    def _may_take(self, caller: Hashable) -> bool:
        if self.stopped:
            return False
        free = self._free if caller is CHANGES else self._free - self._kept_for_changes
        return free > 0 and (caller is CHANGES or caller is None or not self._halved or self._held[caller] < free)

    def _take(self, caller: Hashable) -> None:
        self._free -= 1
        if caller is not None and caller is not CHANGES:
            self._held[caller] += 1

    def _give_back(self, caller: Hashable) -> None:
        self._free += 1
        if caller in self._held:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]
        if self._all_free is not None and not self.busy and not self._all_free.done():
            self._all_free.set_result(None)
        self._serve_waiting()

    async def _wait(self, caller: Hashable, timeout_s: float) -> None:
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(taken)
        try:
            async with asyncio.timeout(timeout_s):
                await taken
        except BaseException as error:
            if taken.done() and not taken.cancelled():
                self._give_back(caller)
            elif caller in self._waiting and taken in self._waiting[caller]:
                self._waiting[caller].remove(taken)
                if not self._waiting[caller]:
                    del self._waiting[caller]
            if isinstance(error, TimeoutError):
                raise LockTimeout from None
            raise

    def _serve_waiting(self) -> None:
        """Give out what is free, to the caller first that holds the fewest; in turns if they hold as many."""
        while able := [caller for caller in self._waiting if self._may_take(caller)]:
            caller = min(able, key=lambda caller: self._held[caller])
            # At the end of the dict: the others come first next time.
            queue = self._waiting.pop(caller)
            taken = queue.popleft()
            if queue:
                self._waiting[caller] = queue
            if not taken.done():
                self._take(caller)
                taken.set_result(None)
