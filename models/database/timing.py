"""Duration of every statement, for metrics and tests."""

import functools
import time
from collections.abc import Callable, Coroutine
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

listeners: list[Callable[[float], None]] = []
"""Each is called with the seconds that a statement took, on the thread that ran it.

Failed statements are reported too, but not an inline read that was interrupted and runs again on a thread.
"""


def timed(run: Callable[P, Coroutine[None, None, T]]) -> Callable[P, Coroutine[None, None, T]]:
    """Decorate a coroutine function that runs one statement: report how long it took."""

    @functools.wraps(run)
    async def timed_run(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        try:
            return await run(*args, **kwargs)
        finally:
            report(began)

    return timed_run


def timed_sync(run: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that runs one statement: report how long it took."""

    @functools.wraps(run)
    def timed_run(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        try:
            return run(*args, **kwargs)
        finally:
            report(began)

    return timed_run


def report(began: float) -> None:
    """Report a statement that has just ended; `began` is its start on `time.perf_counter`."""
    seconds = time.perf_counter() - began
    for listener in listeners:
        listener(seconds)
