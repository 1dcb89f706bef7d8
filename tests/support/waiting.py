"""Waiting for a condition, with a deadline."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_INTERVAL_S = 0.02


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within_s: float = 60) -> T:
    """Call `look` until it returns something true, and return that."""
    deadline = time.monotonic() + within_s
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(_INTERVAL_S)


class Signal:
    """An event for bodies of transactions, which run on a thread on SQLite and in a task of the loop on PostgreSQL."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._here = asyncio.Event()
        self._there = threading.Event()

    def set(self) -> None:
        self._there.set()
        self._loop.call_soon_threadsafe(self._here.set)

    async def wait(self) -> None:
        """Block if this is a thread without an event loop."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            assert self._there.wait(30), "the signal was not set"
        else:
            await self._here.wait()
