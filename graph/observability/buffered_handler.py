"""A log handler that writes the lines of one turn of the event loop together.

A line that is written at once costs a system call for each request; "buffered log" in the benchmark's table of tricks
measures what this saves. Lines of level WARNING and above, and those of other threads, are written at once, with the
lines that wait. A process that is killed loses the lines of the requests of its last turn.
"""

import asyncio
import logging
from contextlib import nullcontext
from typing import TextIO


class BufferedHandler(logging.StreamHandler[TextIO]):
    """Keeps the lines until the loop has run everything else that is ready."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.append(self.format(record))
            loop = _running_loop()
            if loop is None or record.levelno >= logging.WARNING:
                self.flush()
            elif len(self._waiting) == 1:
                loop.call_soon(self._flush_waiting, record)
        except Exception:  # noqa: BLE001 - as the handlers of the standard library do
            self.handleError(record)

    def _flush_waiting(self, record: logging.LogRecord) -> None:
        try:
            self.flush()
        except Exception:  # noqa: BLE001 - the same
            self.handleError(record)

    def flush(self) -> None:
        with self.lock or nullcontext():
            waiting, self._waiting = self._waiting, []
            if waiting:
                self.stream.write("\n".join([*waiting, ""]))
            super().flush()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
