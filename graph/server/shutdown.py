"""When the process is told to stop: streams have no end of their own, so they end then; the rest is finished."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def shutdown_signal() -> Iterator[asyncio.Future[None]]:
    """Done when the process has been sent a signal to stop, which then goes to whoever has handled it until now."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def tell() -> None:
        if not told.done():
            told.set_result(None)

    def on_signal(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        handler = handlers[signal.Signals(number)]
        assert callable(handler)
        handler(number, frame)

    # Only a server's own handlers go on to stop it, and only the main thread may set any.
    ours = [number for number in _SIGNALS if callable(handlers[number])]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for number in ours:
        signal.signal(number, on_signal)
    try:
        yield told
    finally:
        for number in ours:
            if signal.getsignal(number) is on_signal:
                signal.signal(number, handlers[number])
        told.cancel()
