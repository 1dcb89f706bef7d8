"""A cache that drops the entries used least recently when the rest would exceed a total size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _one(_value: object) -> int:
    return 1


class LRUCache(Generic[K, V]):
    """Values by key, of a total size of at most `max_size`.

    `size` gives the size of a value, for example its bytes; without it every value counts 1. It is called once, when
    the value is put in, so a value must not grow afterwards. A value that alone exceeds `max_size` is not stored.

    Not thread-safe.
    """

    __slots__ = ("_entries", "_max_size", "_size", "_total")

    def __init__(self, max_size: int, size: Callable[[V], int] = _one) -> None:
        self._max_size = max_size
        self._size = size
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._total = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Whether the cache holds the key; does not count as a use."""
        return key in self._entries

    def get(self, key: K) -> V | None:
        """The value, which becomes the one used most recently; None if the cache does not hold the key."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V) -> None:
        """Store the value as the one used most recently, and drop the least recently used ones beyond `max_size`."""
        self.discard(key)
        size = self._size(value)
        if size > self._max_size:
            return
        self._entries[key] = value, size
        self._total += size
        while self._total > self._max_size:
            _key, (_value, dropped) = self._entries.popitem(last=False)
            self._total -= dropped

    def discard(self, key: K) -> None:
        """Remove the key, if the cache holds it."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._total -= entry[1]

    def clear(self) -> None:
        """Remove everything."""
        self._entries.clear()
        self._total = 0
