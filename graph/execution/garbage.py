"""How many new objects there are before a round of Python's garbage collector: more while many operations wait.

Most requests leave no garbage, but what thousands of waiting ones hold is gone through in each round. The changes of
2,000 writers that wait hold 300,000 objects, which takes 170 ms, even in a round of the newest objects: each request
that ends is replaced.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 10_000
_OBJECTS_OF_OPERATION = 200
"""What one that waits holds: 150, measured, and some to spare."""

_STEP = 64
"""Operations after which the collector is set anew."""

_ROUNDS = 10, 1
"""Rounds of the newest objects before one that goes through more, and of these before one that goes through all.

Documents that are forgotten hold cycles, and the process would need more memory.
"""


class _Operations:
    """The queries and mutations that have begun and have not ended, in this process.

    Subscriptions do not count: they last, so the rounds of the newest objects soon pass over what they hold.
    """

    number = 0


@contextmanager
def operation_in_progress() -> Iterator[None]:
    """While an operation is executed."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(more: int) -> None:
    before = _Operations.number
    _Operations.number += more
    if before // _STEP != _Operations.number // _STEP:
        set_thresholds()


def set_thresholds() -> None:
    """For the operations that are in progress."""
    operations = _Operations.number // _STEP * _STEP
    gc.set_threshold(_NEW_OBJECTS + operations * _OBJECTS_OF_OPERATION, *_ROUNDS)
