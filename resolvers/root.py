"""The start of every query: what is wanted of it are the root fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.queries.grants import granted_sites, visible
from models.queries.pagination import Condition, Listing, Window
from models.queries.wanted import Branch
from models.row import Row
from resolvers.connections import Connection, connect
from resolvers.reading import Reading, fetch_rows


@dataclass(slots=True)
class Root:
    """The one row that the root fields lead from; `failed` where an error stands in place of a field, however deep."""

    related: dict[str, Any] = field(default_factory=dict)
    failed: bool = False

    def fail(self, keys: Iterable[str], error: Exception) -> None:
        self.failed = True
        self.related.update(dict.fromkeys(keys, error))


async def load_by_key(
    reading: Reading, roots: Sequence[Root], branch: Branch, row: type[Row], site_column: str
) -> None:
    """Reads the row that the argument `key` names; None where there is no such row for the caller."""
    key: int | None = branch.arguments["key"]
    found = {}
    if key is not None:
        found = await fetch_rows(reading, row, [key], branch.wanted, site_column=site_column)
    for root in roots:
        root.related[branch.key] = None if key is None else found.get(key)


async def connect_of_sites(
    reading: Reading, branch: Branch, listing: Listing, conditions: Sequence[Condition] = ()
) -> Connection:
    """A list over one site, or over all that the caller may see.

    The argument `site_key` is absent for all sites, None for a site that is not found.
    """
    sites = granted_sites(reading.caller)
    key: int | None = branch.arguments.get("site_key")
    if key is not None and sites is not None:
        conditions = [*conditions, visible(reading.caller, "site_id")]
    window = Window(listing, branch.arguments["page"], conditions)
    if "site_key" in branch.arguments:
        return (await connect(reading, window, [key or 0], branch.wanted))[key or 0]
    return (await connect(reading, window, [None], branch.wanted, sites=sites))[None]
