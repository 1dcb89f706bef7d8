"""What is measured of changes, for metrics: each measure has listeners, which are called with every value."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Measure(Generic[T]):
    """Values that occur in the database's code."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[T], object]] = []

    def add(self, value: T) -> None:
        for listener in self.listeners:
            listener(value)


COMMIT_SIZES: Measure[int] = Measure()
"""How many changes each commit of SQLite was for."""

RETRIES: Measure[str] = Measure()
"""Why an attempt at a change failed that may succeed when it is run again: "conflict" or "lock_timeout"."""
