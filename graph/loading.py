"""Loads what an operation wants: all root fields of a query in one snapshot, before its fields are answered."""

from typing import Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues
from strawberry.types import Info

from graph.context import Context
from graph.documents import Operation
from graph.lookahead import LookAhead
from graph.plan import Plan, compile_plan
from graph.types.viewer import Viewer
from models.errors import N_, Forbidden, PickupError
from models.wanted import Branch, Wanted
from resolvers.reading import Reading, relate
from resolvers.root import Root

MAY_NOT_READ = N_("Your token does not permit reading: it needs the permission READ.")

MOST_PLANS = 16
"""Plans kept of one operation, which has one for each set of values of the variables in its @skip and @include."""


def plan_of(operation: Operation, variables: VariableValues) -> Plan:
    """The plan of a query, compiled at its first sight for each set of values of its conditions."""
    key = tuple(variables.coerced.get(name) for name in operation.conditions)
    plan = operation.plans.get(key)
    if plan is None:
        look_ahead = LookAhead(operation.schema, operation.fragments, variables)
        plan = compile_plan(look_ahead, operation.schema, operation.node.selection_set.selections)
        if len(operation.plans) < MOST_PLANS:
            operation.plans[key] = plan
    return plan


async def load_query(plan: Plan, context: Context) -> Root:
    """The root of a query with everything that it wants. In place of a field that failed stands its error."""
    root = Root()
    wanted: list[Branch] = []
    for shape in plan.shapes:
        try:
            branch = shape.bind(context.variables)
        except (PickupError, GraphQLError) as error:
            root.related[shape.key] = error
            continue
        if branch.name == "viewer":
            root.related[branch.key] = Viewer.of(context.caller)
        else:
            wanted.append(branch)
    if not context.caller.may_read:
        root.related.update({branch.key: Forbidden(MAY_NOT_READ) for branch in wanted})
    elif wanted:
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
    return look_ahead.shape(str(raw.path.key), definition, raw.field_nodes).bind(info.context.variables).wanted
