"""Logging to standard error, as JSON or for a terminal."""

import asyncio
import logging
import sys
import time
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, TextIO

from graph.json import encode
from graph.settings import Settings


class BufferedStreamHandler(logging.StreamHandler[TextIO]):
    """Writes the lines of one iteration of the event loop with one system call.

    Under load an iteration answers several requests, and a system call costs as much as formatting a line. A warning
    or an error is written at once, after everything before it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._buffer: list[str] = []
        self._scheduled_on: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._buffer.append(self.format(record))
            loop = _running_loop() if record.levelno < logging.WARNING else None
            if loop is None:
                self.flush()
            elif loop is not self._scheduled_on:
                self._scheduled_on = loop
                loop.call_soon(self._flush_scheduled, record)
        except Exception:  # noqa: BLE001 - as in the handlers of the standard library
            self.handleError(record)

    def _flush_scheduled(self, record: logging.LogRecord) -> None:
        try:
            self.flush()
        except Exception:  # noqa: BLE001 - as in the handlers of the standard library
            self.handleError(record)

    def flush(self) -> None:
        with self.lock or nullcontext():
            lines, self._buffer, self._scheduled_on = self._buffer, [], None
            if lines:
                self.stream.write("\n".join([*lines, ""]))
            super().flush()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": f"{_format_second(int(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return encode(line).decode()


@lru_cache(maxsize=2)
def _format_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


class ConsoleFormatter(logging.Formatter):
    """For a terminal: time, level and message, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        parts = [clock, f"{record.levelname.lower():7}", record.getMessage()]
        parts += [f"{name}={value}" for name, value in getattr(record, "fields", {}).items()]
        line = " ".join(parts)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(settings: Settings) -> None:
    """Send every log to standard error in the format of the settings.

    Libraries log warnings and errors alone, whatever the level: their other messages hold tokens and rows.
    """
    # The formatters use none of these, so logging need not look them up for each line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = BufferedStreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else ConsoleFormatter())
    level: int = getattr(logging, settings.log_level.upper())
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("pickup").setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
