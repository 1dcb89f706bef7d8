"""How many connections a process takes, and how many of them one caller may keep."""

import resource
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from models.errors import N_, Unavailable

_RESERVED_FILES = 100
"""Files that the process may open beside its connections: the database's, above all."""


def most_connections() -> int:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**31 if soft == resource.RLIM_INFINITY else max(soft - _RESERVED_FILES, 1)


MAX_OF_CALLER = max(most_connections() * 3 // 4, 1)
"""WebSockets and event streams that one caller may have open: with all of them, no other caller could connect."""


class CallerConnections:
    """Counts the WebSockets and the event streams of each caller of the process."""

    def __init__(self) -> None:
        self._open: Counter[Hashable] = Counter()

    @contextmanager
    def hold(self, caller: Hashable) -> Iterator[None]:
        """Raises Unavailable if the caller has too many; the only caller of a server without keys may have all."""
        if caller is not None and self._open[caller] >= MAX_OF_CALLER:
            template = N_("You may have {limit} connections open at most. Close some of them.")
            raise Unavailable(template, limit=MAX_OF_CALLER)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
