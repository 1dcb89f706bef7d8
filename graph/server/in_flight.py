"""What connections hold of messages that are not complete."""

from typing import Generic, TypeVar

C = TypeVar("C")


class BytesInFlight(Generic[C]):
    """The bytes of all connections of the process."""

    def __init__(self) -> None:
        self.total = 0
        self._held: dict[C, int] = {}

    def of(self, connection: C) -> int:
        return self._held.get(connection, 0)

    def count(self, connection: C, held: int) -> None:
        """So much is held now by that connection."""
        self.total += held - self._held.pop(connection, 0)
        if held:
            self._held[connection] = held

    def largest(self) -> C:
        """The connection that holds most."""
        return max(self._held, key=self._held.__getitem__)
