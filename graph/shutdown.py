"""The end of the server: the signal, at which streams end that have no end of their own, and the requests then cut."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

CANCELLED_S = 0.3
"""How long the requests that were cut may take to answer, after the database is closed."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def shutdown_signal() -> Iterator[asyncio.Future[None]]:
    """A future that is done after SIGTERM or SIGINT. The handlers installed before still run: uvicorn's."""
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[None] = loop.create_future()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop() -> None:
        if not stopping.done():
            stopping.set_result(None)

    def on_signal(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        handler = handlers[signal.Signals(number)]
        assert callable(handler)
        handler(number, frame)

    # A default action cannot be called, so it stays; and only the main thread may install handlers.
    ours = [number for number in _SIGNALS if callable(handlers[number])]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for number in ours:
        signal.signal(number, on_signal)
    try:
        yield stopping
    finally:
        for number in ours:
            if signal.getsignal(number) is on_signal:
                signal.signal(number, handlers[number])
        stopping.cancel()


async def let_cancelled_requests_end() -> None:
    """Wait until the requests that did not finish in time after the signal are answered.

    uvicorn cancels them, and does not wait for that. The process of a worker ends with the lifespan.
    """
    cancelled = {task for task in asyncio.all_tasks() if task.cancelling()} - {asyncio.current_task()}
    if cancelled:
        await asyncio.wait(cancelled, timeout=CANCELLED_S)
