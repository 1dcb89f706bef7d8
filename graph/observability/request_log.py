"""One line of the log for each request; never a token, a query or a name."""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("pickup.requests")


_LINE = vars(logging.LogRecord(log.name, logging.INFO, __file__, 0, "request", (), None))
"""What all lines of requests have in common."""


@dataclass(slots=True)
class RequestLog:
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
