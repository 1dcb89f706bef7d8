"""The time of the event loop and of Python's lock, which the requests of all callers share."""

import asyncio
import gc
import threading
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any, TypeVar

from graph.errors import RequestError
from models.errors import N_, Unavailable

LONG_STEP_S = 0.002
"""What takes longer from one await to the next is followed by a pause. A page of groups takes a twentieth of that.

What counts is the CPU time of the thread: a step may also wait for a processor, or for Python's lock. When that was
counted too, a page beside a flood of changes by the same caller waited for a second, behind all of them. The rounds of
the garbage collector do not count either: they take up to 0.1 seconds while 2,000 changes wait, and fall on any step.
"""

MAX_WAITING_BYTES = 16 * 1_048_576
"""Bytes of the requests of one caller that wait for their turn."""

_MOST_CALLERS = 1_000
"""Callers that are remembered; those that need not wait are forgotten first."""

_thread = ThreadPoolExecutor(1, "introspection")
"""The largest introspection takes 0.4 seconds of Python. On the event loop, every other request would wait for it."""

T = TypeVar("T")


class _Collections(threading.local):
    """The rounds of the garbage collector on this thread: their CPU time, and that at which the last one began."""

    seconds = 0.0
    began = 0.0


_collections = _Collections()


def _time_collection(phase: str, _info: dict[str, int]) -> None:
    if phase == "start":
        _collections.began = thread_time()
    else:
        _collections.seconds += thread_time() - _collections.began


def time_collections() -> None:
    """Time the rounds of the garbage collector from now on, once for the process: without, they count as steps."""
    gc.callbacks.append(_time_collection)


def _cpu_time() -> float:
    """The CPU time of this thread so far, without that of the garbage collector."""
    return thread_time() - _collections.seconds


@dataclass(slots=True)
class _Caller:
    may_go_on: float = 0.0
    waiting: int = 0
    waiting_bytes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of the request that goes on next."""
    thread_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of its only step that waits for the thread, or runs there."""


class Turns:
    """Makes a caller wait for as long as its requests have blocked the event loop, so that those of another go on.

    To parse and validate one of the largest documents takes 70 ms. While one caller sent them over 32 connections,
    another one's page took 5 seconds, `/readyz` answered 503 after 17, and a change took more than a minute: all that
    had arrived were prepared before anything else was done. Now a page takes as long as the one that is being
    prepared. Only long steps count, so a caller with many short requests never waits.
    """

    def __init__(
        self, clock: Callable[[], float] = perf_counter, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._callers: dict[Hashable, _Caller] = {}

    def charge(self, caller: Hashable, seconds: float) -> None:
        """A request of that caller has blocked the event loop, or Python's lock, for so long."""
        found = self._caller(caller)
        found.may_go_on = max(found.may_go_on, self._clock()) + seconds

    def must_wait(self, caller: Hashable) -> bool:
        """Whether the caller's pause is not over.

        After it a new request goes on at once, also past those that have waited: they follow one in each iteration of
        the event loop. When it had to queue behind them, a queue of 2,000 small changes lasted as long as their clients
        sent more, and a page beside them waited for 1 to 4 seconds.
        """
        found = self._callers.get(caller)
        return found is not None and self._must_wait(found)

    async def wait(self, caller: Hashable, size: int) -> None:
        """Until it is the turn of this request of so many bytes: those of one caller that wait go on one by one.

        Raises RequestError if too many bytes of them are waiting.
        """
        found = self._callers.get(caller)
        if found is None:
            return
        if found.waiting and found.waiting_bytes + size > MAX_WAITING_BYTES:
            error = Unavailable(N_("Too many of your requests are waiting. Try again in a moment."))
            raise RequestError(error, status=503, keep_status=True, headers={"Retry-After": "1"})
        found.waiting += 1
        found.waiting_bytes += size
        try:
            async with found.lock:
                await self._until_it_may_go_on(found)
        finally:
            found.waiting -= 1
            found.waiting_bytes -= size

    async def run_on_thread(self, caller: Hashable, function: Callable[..., T], *arguments: Any) -> T:
        """Run a long step beside the event loop, when it is the caller's turn, and charge its CPU time.

        The steps of one caller go to the thread one by one, so that one of another caller waits for one of each only.
        """
        loop = asyncio.get_running_loop()

        def run() -> T:
            began = _cpu_time()
            try:
                return function(*arguments)
            finally:
                loop.call_soon_threadsafe(self.charge, caller, _cpu_time() - began)

        found = self._caller(caller)
        async with found.thread_lock:
            await self._until_it_may_go_on(found)
            return await loop.run_in_executor(_thread, run)

    def _caller(self, caller: Hashable) -> _Caller:
        found = self._callers.get(caller)
        if found is None:
            if len(self._callers) >= _MOST_CALLERS:
                self._callers = {name: one for name, one in self._callers.items() if self._is_in_use(one)}
            found = self._callers[caller] = _Caller()
        return found

    def _must_wait(self, caller: _Caller) -> bool:
        return caller.may_go_on > self._clock()

    def _is_in_use(self, caller: _Caller) -> bool:
        return caller.waiting > 0 or caller.thread_lock.locked() or self._must_wait(caller)

    async def _until_it_may_go_on(self, caller: _Caller) -> None:
        while (left := caller.may_go_on - self._clock()) > 0:  # it may be charged meanwhile
            await self._sleep(left)


@types.coroutine
def metered(coroutine: Coroutine[Any, Any, T], charge: Callable[[float], None]) -> Generator[Any, Any, T]:
    """Run the coroutine, and charge each long step of it."""
    raised: BaseException | None = None
    try:
        while True:
            began, cpu_began = perf_counter(), _cpu_time()
            try:
                awaited = coroutine.send(None) if raised is None else coroutine.throw(raised)
            except StopIteration as ended:
                result: T = ended.value
                return result
            finally:
                # After a short step the second reading of the CPU time is saved: it is a system call.
                if perf_counter() - began > LONG_STEP_S and (took := _cpu_time() - cpu_began) > LONG_STEP_S:
                    charge(took)
            try:
                yield awaited
                raised = None
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's
                raised = error
    finally:
        # Its traceback has this frame: a cycle for the garbage collector.
        del raised
