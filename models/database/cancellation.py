"""Work that must come to its end once it has begun, whoever is cancelled meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def uncancellable(work: Awaitable[T]) -> T:
    """What `work` returns or raises; a cancellation that comes meanwhile comes too late and is dropped."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()


async def finish_then_cancel(work: Awaitable[T]) -> T:
    """What `work` returns or raises; a cancellation that comes meanwhile is raised, but not before it has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await uncancellable(task)
        raise
