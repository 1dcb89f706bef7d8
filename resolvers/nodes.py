"""Nodes: rows of any type by their ids."""

from collections.abc import Sequence
from typing import Any

from models.change import Change
from models.pickup_group import PickupGroup
from models.queries.wanted import Branch
from models.row import Row
from models.site import Site
from models.user import User
from resolvers.reading import Reading, fetch_rows, loads
from resolvers.root import Root

NODES: dict[str, tuple[type[Row], str]] = {
    "Site": (Site, "id"),
    "User": (User, "site_id"),
    "PickupGroup": (PickupGroup, "site_id"),
    "Change": (Change, "site_id"),
}
"""The row of each type, and the column that holds its site's key."""

NodeKey = tuple[str, int]
"""The name of a type, and the key of a row of it."""


@loads(Root, "node")
async def load_node(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    key: NodeKey | None = branch.arguments["node"]
    (found,) = await _fetch_nodes(reading, [key], branch)
    for root in roots:
        root.related[branch.key] = found


@loads(Root, "nodes")
async def load_nodes(reading: Reading, roots: Sequence[Root], branch: Branch) -> None:
    found = await _fetch_nodes(reading, branch.arguments["nodes"], branch)
    for root in roots:
        root.related[branch.key] = found


async def _fetch_nodes(reading: Reading, keys: Sequence[NodeKey | None], branch: Branch) -> list[Any]:
    """The row of each key, None where there is none for the caller: a statement for each type that is named."""
    found: dict[NodeKey, Any] = {}
    for name, (row, site_column) in NODES.items():
        named = [key for kind, key in filter(None, keys) if kind == name]
        if named:
            rows = await fetch_rows(reading, row, named, branch.of[name], site_column=site_column)
            found.update({(name, key): one for key, one in rows.items()})
    return [None if key is None else found.get(key) for key in keys]
