"""One structured line for each request, and what went wrong inside; never a token, a query or a name."""

import asyncio
import logging
import sys
import time
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, TextIO

from graph.settings import Settings
from graph.transport.json import encode


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


class BufferedStreamHandler(logging.StreamHandler[TextIO]):
    """Writes the lines of one turn of the loop together: a system call costs as much as the line itself.

    What tells of something wrong is written at once, with all that came before it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._told: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.append(self.format(record))
            loop = _running_loop() if record.levelno < logging.WARNING else None
            if loop is None:
                self.flush()
            elif loop is not self._told:
                self._told = loop
                loop.call_soon(self._flush_later, record)
        except Exception:  # noqa: BLE001 - as every handler of the standard library has it
            self.handleError(record)

    def _flush_later(self, record: logging.LogRecord) -> None:
        try:
            self.flush()
        except Exception:  # noqa: BLE001 - the same
            self.handleError(record)

    def flush(self) -> None:
        with self.lock or nullcontext():
            waiting, self._waiting, self._told = self._waiting, [], None
            if waiting:
                self.stream.write("\n".join([*waiting, ""]))
            super().flush()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class JsonFormatter(logging.Formatter):
    """One JSON object on each line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return encode(line).decode()


class ConsoleFormatter(logging.Formatter):
    """For people at a terminal: the message, then what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        parts = [clock, f"{record.levelname.lower():7}", record.getMessage()]
        parts += [f"{name}={value}" for name, value in getattr(record, "fields", {}).items()]
        line = " ".join(parts)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(settings: Settings) -> None:
    """Everything that is logged goes to standard error in one form.

    Libraries are heard when something is wrong, whatever the level: what else they say holds tokens and rows.
    """
    # What no line of ours says need not be found out for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = BufferedStreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else ConsoleFormatter())
    level: int = getattr(logging, settings.log_level.upper())
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("pickup").setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
