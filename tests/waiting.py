"""Waiting for a condition, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_AGAIN_S = 0.02


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within_s: float = 30) -> T:
    """The first true answer of `look`, asked again and again."""
    deadline = time.monotonic() + within_s
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(_LOOK_AGAIN_S)
