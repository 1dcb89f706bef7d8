"""The filters of lists, as conditions."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.queries.search_text import storable
from models.queries.statement import Parameter, StatementTemplate
from models.user import PickupStatus, StationType

Template = StatementTemplate[Any]
Value = Parameter[Any]

_LONGEST_KEY: Final = 800
"""Code points of a key before NFC, which makes one of at most four: a stored key has at most 200."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the row x. `write` adds its parameters to a statement and returns its SQL.

    `looks_up`: it finds its few rows by an index of its own, whatever list they are of.
    """

    write: Callable[[Template], str]
    looks_up: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of a list: all that is given must hold. Sites can be filtered by `external_ids` alone."""

    external_ids: Sequence[str] | None = None
    station_types: Sequence[StationType] | None = None
    pickup_status: PickupStatus | None = None

    @property
    def cache_key(self) -> tuple[bool | PickupStatus | None, ...]:
        """All that its conditions depend on, but for the values of their parameters."""
        return self.external_ids is None, self.station_types is None, self.pickup_status

    def conditions(self, read: Callable[[Any], "Filter"]) -> Iterator[Condition]:
        """`read` gets the filter from the request: that of a later request may have other values."""
        if self.external_ids is not None:
            external_ids: Value = Parameter(lambda request: _stored_keys(read(request).external_ids or ()))
            yield Condition(lambda statement: f"x.external_id IN {statement.texts(external_ids)}", looks_up=True)
        if self.station_types is not None:
            stations: Value = Parameter(lambda request: _names(read(request).station_types or ()))
            yield Condition(lambda statement: f"x.station_type IN {statement.texts(stations)}")
        status = self.pickup_status
        if status is not None:
            # Without the index when ids are given: SQLite would take it, and read a whole site for a handful of ids.
            column = "x.pickup_status" if self.external_ids is None else "x.pickup_status || ''"
            # In the text, as it is in the cache key: the partial index of available users serves no parameter.
            yield Condition(lambda _: f"{column} = '{status.value}'")


def _stored_keys(external_ids: Sequence[str]) -> list[str]:
    """The keys in NFC, as they are stored, without those that no row can have."""
    possible = (text for text in external_ids if len(text) <= _LONGEST_KEY and storable(text))
    return sorted({unicodedata.normalize("NFC", text) for text in possible})


def _names(stations: Sequence[StationType]) -> list[str]:
    return sorted({station.value for station in stations})
