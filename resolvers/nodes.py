"""Nodes: the root fields `node` and `nodes`, which lead to rows of any type."""

from collections.abc import Mapping, Sequence

from models.change import Change
from models.pickup_group import PickupGroup
from models.row import Row
from models.site import Site
from models.user import User
from resolvers.json_query.query_field import NodeKey, QueryField
from resolvers.json_query.root_field import Json

NODE_TYPES: Mapping[str, type[Row]] = {row.__name__: row for row in (Site, User, PickupGroup, Change)}
"""The model of each type that has a global id."""


async def read_node(field: QueryField, node: NodeKey | None) -> Json:
    (json,) = await field.nodes([node])
    return json


async def read_nodes(field: QueryField, nodes: Sequence[NodeKey | None]) -> list[Json]:
    """The rows in the order of their keys, each null if the caller does not see it."""
    return await field.nodes(nodes)
