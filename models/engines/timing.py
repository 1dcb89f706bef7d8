"""Tells whoever listens of every statement that a client runs, and how long it took."""

import functools
import time
from collections.abc import Callable, Coroutine
from typing import Any

listeners: list[Callable[[float], None]] = []
"""Each is called with a statement's seconds when it has ended, failed ones included."""


def timed(run: Callable[..., Coroutine[None, None, Any]]) -> Callable[..., Coroutine[None, None, Any]]:
    """The coroutine function `run`, told of to the listeners."""

    @functools.wraps(run)
    async def running(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return await run(*args, **kwargs)
        finally:
            took = time.perf_counter() - began
            for listener in listeners:
                listener(took)

    return running
