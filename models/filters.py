"""The filters of lists, as conditions."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.paging import Condition
from models.sql import Statement
from models.text import storable
from models.user import PickupStatus, StationType


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which sites: all that is given must hold."""

    external_ids: Sequence[str] | None = None

    @property
    def conditions(self) -> list[Condition]:
        return [] if self.external_ids is None else [_external_ids(self.external_ids)]


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users: all that is given must hold."""

    external_ids: Sequence[str] | None = None
    station_types: Sequence[StationType] | None = None
    pickup_status: PickupStatus | None = None

    @property
    def conditions(self) -> list[Condition]:
        found: list[Condition] = []
        if self.external_ids is not None:
            found.append(_external_ids(self.external_ids))
        if self.station_types is not None:
            found.append(_station_types(self.station_types))
        if self.pickup_status is not None:
            found.append(_pickup_status(self.pickup_status, indexed=self.external_ids is None))
        return found


def _external_ids(ids: Sequence[str]) -> Condition:
    known = sorted({one for one in ids if storable(one)})
    return lambda statement: f"x.external_id IN {statement.texts(known)}"


def _station_types(types: Sequence[StationType]) -> Condition:
    names = sorted({one.value for one in types})
    return lambda statement: f"x.station_type IN {statement.texts(names)}"


def _pickup_status(status: PickupStatus, *, indexed: bool) -> Condition:
    """Without the index where ids are given: SQLite would take it, and read a whole site for a handful of ids."""
    column = "x.pickup_status" if indexed else "x.pickup_status || ''"

    def condition(statement: Statement) -> str:
        return f"{column} = {statement.bind(status.value)}"

    return condition
