"""Reads that several tasks ask for at the same moment, run once for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedReads(Generic[T]):
    """Reads by keys. A task shares a read with those that ask for the same key before it begins.

    One that has begun is not shared: the task may ask because of a change that was committed since.
    """

    def __init__(self) -> None:
        self._pending: dict[Hashable, asyncio.Task[T]] = {}

    async def read(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """Return or raise what `read` does, or an equal one. It goes on if this task is cancelled."""
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.ensure_future(self._run(key, read))
            # Mark an exception as retrieved, in case every task that waits is cancelled.
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(task)

    async def _run(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        # In this turn of the loop the other tasks ask that were woken together with the first.
        await asyncio.sleep(0)
        del self._pending[key]
        return await read()
