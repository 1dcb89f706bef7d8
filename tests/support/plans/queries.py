"""The queries whose plans are checked: each list, in its orders, with its searches and filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from models.caller import ANONYMOUS, Caller, Permission
from tests.support.lists import CONNECTIONS, Listed
from tests.support.plans.rows import BIG_SITE, IDS, TIED_SITE

CALLERS = {
    "ungranted": ANONYMOUS,
    "granted": Caller("ann", frozenset({Permission.READ}), frozenset({f"s-{BIG_SITE}", "s-3", "s-7", "nowhere"})),
    "granted tied site": Caller("ann", frozenset({Permission.READ}), frozenset({f"s-{TIED_SITE}"})),
}

Conditions = dict[str, dict[str, Any]]
"""Arguments of a list, by a name for them."""

PLAIN: Conditions = {"": {}}
SEARCHES: Conditions = {
    "word": {"search": "helene"},
    "rare word": {"search": "tremblay 0042"},
    "number": {"search": "0033123456789"},
    "short word": {"search": "zq"},
}
RARE = {"rare word", "number"}
"""The searches that find few rows, which trigrams lead to."""
_SOME = ["u-3800", "u-6700", "u-3", "x"]
_FILTERS: dict[str, Conditions] = {
    "sites": {"ids": {"filter": {"externalIds": ["s-3", "s-10", "x"]}}},
    "users": {
        "ids": {"filter": {"externalIds": _SOME}},
        "ids and status": {"filter": {"externalIds": _SOME, "pickupStatus": "AVAILABLE"}},
        "status": {"filter": {"pickupStatus": "AVAILABLE"}},
        "rare station": {"filter": {"stationTypes": ["VOICEMAIL_ONLY"]}},
        "all": {"filter": {"pickupStatus": "AVAILABLE", "stationTypes": ["STANDARD"]}, "search": "helene"},
    },
}


def conditions(listed: Listed) -> Conditions:
    """The searches and filters that the list takes, by name."""
    if not listed.orders:
        return {}
    return SEARCHES | _FILTERS.get(listed.field, {})


def orders(listed: Listed) -> list[dict[str, Any]]:
    found = product(listed.orders, ("ASC", "DESC"))
    return [{"orderBy": {"field": name, "direction": direction}} for name, direction in found] or [{}]


def descending(order: dict[str, Any]) -> bool:
    return "DESC" in str(order)


@dataclass(frozen=True)
class ListQuery:
    """A query for one list. `around` is what leads to it from that many `rows`, which may share fewer `lists`."""

    name: str
    arguments: Mapping[str, Any]
    condition: str = ""
    caller: str = "ungranted"
    counted: bool = False
    around: str = ""
    rows: int = 1
    lists: int = 1
    site: int = BIG_SITE

    @property
    def listed(self) -> Listed:
        return CONNECTIONS[self.name]

    @property
    def label(self) -> str:
        what = "count" if self.counted else "page"
        return f"{what} of {self.name} {self.around}, {self.condition or 'plain'}, {self.caller}"

    @property
    def over_sites(self) -> bool:
        """Whether the list is not of one site or one group."""
        return not (self.listed.parent or self.listed.of_site)

    @property
    def over_all_sites(self) -> bool:
        return self.over_sites and self.caller == "ungranted"

    @property
    def over_granted_sites(self) -> bool:
        return self.over_sites and self.caller == "granted"

    def text(self, selection: str) -> str:
        listed = self.listed
        filtered = {"filter": f"{listed.row}Filter"} if listed.field in {"sites", "users"} else {}
        types = listed.arguments | filtered
        declared = ", ".join(f"${name}: {kind}" for name, kind in types.items())
        given = ", ".join(f"{name}: ${name}" for name in types)
        alone = f"found: {listed.text(IDS | {'Site': f'Site:{self.site}'}, given, selection)}"
        within = self.around.replace("*", f"{listed.field}({given}) {{ {selection} }}")
        return f"query({declared}) {{ {within or alone} }}"
