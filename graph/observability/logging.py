"""One structured line for each request, and what went wrong inside; never a token, a query or a name."""

import asyncio
import logging
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TextIO

from graph.settings import Settings
from graph.transport.encoding import encode

log = logging.getLogger("pickup.requests")


_LINE = vars(logging.LogRecord(log.name, logging.INFO, __file__, 0, "request", (), None))
"""What all lines of requests have in common."""


@dataclass(slots=True)
class Record:
    """What is known of one request when it has been answered; filled in on its way."""

    request_id: str
    path: str = ""
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    kind: str = "none"
    operation: str | None = None
    cost: int | None = None
    subject: str | None = None
    codes: list[str] = field(default_factory=list)

    def answered(self, answer: dict[str, Any]) -> None:
        """Takes down the codes of an answer's errors."""
        if "errors" in answer:
            self.codes += [error["extensions"]["code"] for error in answer["errors"]]

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def write(self) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "path": self.path,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
        }
        if self.subject is not None:
            fields["subject"] = _short(self.subject)
        if self.kind != "none":
            fields |= {"kind": self.kind, "operation": _short(self.operation or ""), "cost": self.cost}
        if self.codes:
            fields["codes"] = sorted(set(self.codes))
        # Made of another one: to ask logging for one takes longer than all else here.
        line = logging.LogRecord.__new__(logging.LogRecord)
        now = time.time()
        line.__dict__ = {**_LINE, "created": now, "msecs": int(now % 1 * 1000), "fields": fields}
        log.handle(line)


def _short(text: str) -> str:
    """Bounded, and without anything that could forge a line or a terminal's colours."""
    text = text[:80]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


class Lines(logging.StreamHandler[TextIO]):
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


class JsonLines(logging.Formatter):
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


class Console(logging.Formatter):
    """For people at a terminal: the message, then what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        parts = [clock, f"{record.levelname.lower():7}", record.getMessage()]
        parts += [f"{name}={value}" for name, value in getattr(record, "fields", {}).items()]
        line = " ".join(parts)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(settings: Settings) -> None:
    """Everything that is logged goes to standard error in one form.

    Libraries are heard when something is wrong, whatever the level: what else they say holds tokens and rows.
    """
    # What no line of ours says need not be found out for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = Lines(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Console())
    level: int = getattr(logging, settings.log_level.upper())
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("pickup").setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
