"""The filters of lists, as conditions."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.queries.pagination import Condition, LookUp
from models.queries.search_text import storable
from models.queries.statement import Asked
from models.user import PickupStatus, StationType


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which sites: all that is given must hold."""

    external_ids: Sequence[str] | None = None

    @property
    def form(self) -> tuple[bool, ...]:
        """All that its conditions depend on, but for the values in them."""
        return (self.external_ids is None,)

    @property
    def conditions(self) -> list[Condition]:
        return [] if self.external_ids is None else [_external_ids(self)]


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users: all that is given must hold."""

    external_ids: Sequence[str] | None = None
    station_types: Sequence[StationType] | None = None
    pickup_status: PickupStatus | None = None

    @property
    def form(self) -> tuple[bool, ...]:
        """All that its conditions depend on, but for the values in them."""
        return self.external_ids is None, self.station_types is None, self.pickup_status is None

    @property
    def conditions(self) -> list[Condition]:
        found: list[Condition] = []
        if self.external_ids is not None:
            found.append(_external_ids(self))
        if self.station_types is not None:
            found.append(_station_types(self))
        if self.pickup_status is not None:
            found.append(_pickup_status(self, indexed=self.external_ids is None))
        return found


def _external_ids(chosen: SiteFilter | UserFilter) -> Condition:
    known = Asked(chosen, lambda one: sorted({text for text in one.external_ids if storable(text)}))
    return LookUp(lambda statement: f"x.external_id IN {statement.texts(known)}")


def _station_types(chosen: UserFilter) -> Condition:
    names = Asked(chosen, lambda one: sorted({station.value for station in one.station_types}))
    return lambda statement: f"x.station_type IN {statement.texts(names)}"


def _pickup_status(chosen: UserFilter, *, indexed: bool) -> Condition:
    """Without the index where ids are given: SQLite would take it, and read a whole site for a handful of ids."""
    column = "x.pickup_status" if indexed else "x.pickup_status || ''"
    status = Asked(chosen, lambda one: one.pickup_status.value)
    return lambda statement: f"{column} = {statement.bind(status)}"
