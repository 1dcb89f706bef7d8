"""Work that must run to its end once it has begun, although the task that waits for it is cancelled."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def uncancellable(work: Awaitable[T]) -> T:
    """Return or raise what `work` does. A cancellation meanwhile comes too late and is dropped."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()


async def finish_then_cancel(work: Awaitable[T]) -> T:
    """Return or raise what `work` does. A cancellation meanwhile is raised when `work` has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await uncancellable(task)
        raise
