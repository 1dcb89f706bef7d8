"""Tells whoever listens of every statement that is run, and how long it took."""

import functools
import time
from collections.abc import Callable, Coroutine
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

listeners: list[Callable[[float], None]] = []
"""Each is called with a statement's seconds when it has ended, on whatever thread that was.

Failed ones are told of too, but not a try that was broken off and is made again on another thread.
"""


def timed(run: Callable[P, Coroutine[None, None, T]]) -> Callable[P, Coroutine[None, None, T]]:
    """The coroutine function `run`, told of to the listeners."""

    @functools.wraps(run)
    async def running(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        try:
            return await run(*args, **kwargs)
        finally:
            report(began)

    return running


def timed_sync(run: Callable[P, T]) -> Callable[P, T]:
    """The function `run`, told of to the listeners."""

    @functools.wraps(run)
    def running(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        try:
            return run(*args, **kwargs)
        finally:
            report(began)

    return running


def report(began: float) -> None:
    """Tells of a statement that began then, on the performance counter, and has just ended."""
    took = time.perf_counter() - began
    for listener in listeners:
        listener(took)
