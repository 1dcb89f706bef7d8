"""How many changes may wait: more than can be made in time are refused at once.

A change waits for ten seconds at most. Without this limit a flood of changes keeps every one of them waiting that
long: those that fail in the end too, with their requests in memory, and the clients try again all at the same time.
"""

import math
import random

from models.errors import N_, Busy

MAX_WAITING = 5_000
"""However fast changes are made: each that waits holds a request in memory."""

_WEIGHT = 0.2
"""Of the newest time in the average: some ten batches say how long the next one takes."""


class WriteLimit:
    """Estimates how long a change waits, from the time that recent batches of changes took.

    A batch is what runs at the same time: a commit group of SQLite, as many connections of PostgreSQL.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._batch_s: float | None = None
        """The average time of a batch; None until one has ended."""

    def add(self, seconds: float) -> None:
        """A batch has taken so long."""
        self._batch_s = seconds if self._batch_s is None else self._batch_s + _WEIGHT * (seconds - self._batch_s)

    def expected_wait_s(self, waiting: int) -> float:
        """How long a change waits for so many before it."""
        return waiting / self._batch_size * (self._batch_s or 0.0)

    def check(self, waiting: int, timeout_s: float) -> None:
        """Raise Busy if a change with so many before it would not begin in time. If there are none, it may try."""
        expected_s = self.expected_wait_s(waiting)
        if waiting >= MAX_WAITING or (waiting and expected_s > timeout_s):
            # One slow batch makes the estimate far too long; whatever waits now is made or refused in that time.
            latest_s = max(1, math.ceil(min(expected_s, timeout_s)))
            # At random, so that those that are refused at once do not come back at once.
            retry_after_s = random.randint(1, latest_s)  # noqa: S311 - no secret
            raise Busy(N_("The server is busy. Try again in a moment."), retry_after_s=retry_after_s)
