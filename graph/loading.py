"""Loads what an operation wants: all root fields of a query in one snapshot, before its fields are answered."""

from typing import Any

from graphql import Executor, GraphQLError
from strawberry.types import Info

from graph.context import Context
from graph.lookahead import LookAhead
from models.errors import PickupError
from models.wanted import Branch, Wanted
from resolvers.reading import LOADERS, Reading, relate
from resolvers.root import Root


async def load_query(executor: Executor[Any], context: Context) -> Root:
    """The root of a query with everything that it wants. In place of a field that failed stands its error."""
    look_ahead = LookAhead(executor.schema, executor.fragment_definitions, executor.variable_values)
    root = Root()
    wanted: list[Branch] = []
    query_type = executor.schema.query_type
    assert query_type is not None
    for key, nodes in look_ahead.fields(query_type, executor.operation.selection_set.selections).items():
        definition = query_type.fields.get(nodes[0].name.value)
        if definition is None:
            continue
        try:
            branch = look_ahead.branch(key, definition, nodes)
        except (PickupError, GraphQLError) as error:
            root.related[key] = error
            continue
        if (Root, branch.name) in LOADERS:
            wanted.append(branch)
    if wanted:
        await _load(root, wanted, context)
    return root


async def _load(root: Root, wanted: list[Branch], context: Context) -> None:
    try:
        async with context.database.reading() as session:
            reading = Reading(session, context.caller)
            for branch in wanted:
                try:
                    await relate(reading, [root], Wanted(branches=(branch,)))
                except PickupError as error:
                    root.related[branch.key] = error
    except PickupError as error:
        root.related.update({branch.key: error for branch in wanted})


def wanted_of(info: Info[Context, Any]) -> Wanted:
    """What the payload of a mutation wants."""
    raw = info._raw_info  # noqa: SLF001 - the selections as graphql-core has them, of which Strawberry gives copies
    definition = raw.parent_type.fields[raw.field_name]
    look_ahead = LookAhead(raw.schema, raw.fragments, info.context.variables)
    return look_ahead.branch(str(raw.path.key), definition, raw.field_nodes).wanted
