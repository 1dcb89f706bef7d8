"""Clients that do not read what is sent to them."""

import asyncio
from collections.abc import Callable

from graph.transport.websocket import SLOW_READER_S


class SlowReaderTimer:
    """Gives a client up that reads nothing for SLOW_READER_S, from when its connection takes no more until it does.

    Kept by the connection, and not around each message, it holds for every part of every answer, whoever sends it:
    heads, pages and small answers too, which are complete for the application before they are read.
    """

    def __init__(self, transport: asyncio.Transport, give_up: Callable[[], None]) -> None:
        self._transport = transport
        self._give_up = give_up
        self._unread = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._unread = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(SLOW_READER_S, self._check)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        if self._transport.get_write_buffer_size() < self._unread:
            self.start()
        else:
            self._give_up()
