"""Loads what an operation wants: a query in one statement or in one snapshot, before its fields are answered."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues
from strawberry.types import Info

from graph.context import Context
from graph.documents import Operation
from graph.lookahead import LookAhead
from graph.plan import Plan, compile_plan
from graph.types.viewer import Viewer
from models.errors import N_, BadInput, Forbidden, PickupError
from models.session import Session
from models.sql import Statement
from models.wanted import Branch, Wanted
from resolvers.reading import Reading, relate
from resolvers.root import Root
from resolvers.whole import NotCovered, WholeAnswer

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


async def load_query(plan: Plan, context: Context) -> str | Root:
    """The data of a query as JSON text, or its root with the rows that it wants."""
    if plan.told and context.caller.may_read:
        try:
            text = await _load_text(plan, context)
        except PickupError as error:
            root = Root()
            root.fail([shape.key for shape in plan.shapes], error)
            return root
        if text is not None:
            return text
    return await _load_rows(plan, context)


async def _load_text(plan: Plan, context: Context) -> str | None:
    """None where rows are needed: this is not covered, or something is wrong, which is told at its field."""
    statement = Statement(context.database.dialect)
    try:
        branches = {shape.key: shape.bind(context.variables) for shape in plan.shapes}
        sql = WholeAnswer(statement, context.caller).of_query(plan.told, branches)
    except (NotCovered, BadInput, GraphQLError):
        return None

    async def body(session: Session) -> str | None:
        (record,) = await session.fetch(sql, statement.values)
        return None if record["misfits"] else record["answer"]

    return await context.database.query(body, snapshot=False, seen=context.seen)


async def _load_rows(plan: Plan, context: Context) -> Root:
    """In place of a field that failed stands its error."""
    root = Root()
    wanted: list[Branch] = []
    for shape in plan.shapes:
        try:
            branch = shape.bind(context.variables)
        except (PickupError, GraphQLError) as error:
            root.fail([shape.key], error)
            continue
        if branch.name == "viewer":
            root.related[branch.key] = Viewer.of(context.caller)
        else:
            wanted.append(branch)
    if not context.caller.may_read:
        root.fail([branch.key for branch in wanted], Forbidden(MAY_NOT_READ))
    elif wanted:
        await _load(root, wanted, context)
    return root


async def _load(root: Root, wanted: Sequence[Branch], context: Context) -> None:
    async def body(session: Session) -> None:
        reading = Reading(session, context.caller)
        await relate(reading, [root], Wanted(branches=tuple(wanted)))
        root.failed = root.failed or bool(reading.refused)

    try:
        await context.database.query(body, seen=context.seen)
    except PickupError as error:
        root.fail([branch.key for branch in wanted], error)


def wanted_of(info: Info[Context, Any]) -> tuple[str, Wanted]:
    """What is wanted of a field that is not read ahead: the payload of a mutation, a change that is followed.

    With the name of its type.
    """
    raw = info._raw_info  # noqa: SLF001 - the selections as graphql-core has them, of which Strawberry gives copies
    variables, operation = info.context.variables, info.context.operation
    assert operation is not None
    response_key = str(raw.path.key)
    key = (response_key, *(variables.coerced.get(name) for name in operation.conditions))
    shape = operation.plans.get(key)
    if shape is None:
        definition = raw.parent_type.fields[raw.field_name]
        look_ahead = LookAhead(raw.schema, raw.fragments, variables)
        shape = look_ahead.shape(response_key, definition, raw.field_nodes)
        if len(operation.plans) < MOST_PLANS:
            operation.plans[key] = shape
    ((name, wanted),) = shape.of.items()
    return name, wanted.bind(variables)
