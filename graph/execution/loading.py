"""Loads what an operation wants: a query in one statement or in one snapshot, before its fields are answered."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues
from strawberry.types import Info

from graph.context import Context
from graph.execution.documents import Operation
from graph.execution.plan import Plan, compile_plan
from graph.execution.selections import LookAhead
from graph.schema.types.viewer import Viewer
from models.database.sessions import Session
from models.errors import N_, BadInput, Forbidden, PickupError
from models.queries.wanted import Branch, Varied, Wanted
from resolvers.json_query.compiler import query_text
from resolvers.reading import Reading, relate
from resolvers.root import Root

MAY_NOT_READ = N_("Your token does not permit reading: it needs the permission READ.")

_numbers = count()

MOST_PLANS = 16
"""Plans kept of one operation, which has one for each set of values of the variables in its @skip and @include."""


def plan_of(operation: Operation, variables: VariableValues) -> Plan:
    """The plan of an operation, compiled at its first sight for each set of values of its conditions."""
    key = tuple(variables.coerced.get(name) for name in operation.conditions)
    plan = operation.plans.get(key)
    if plan is None:
        look_ahead = LookAhead(operation.schema, operation.fragments, variables)
        root = operation.schema.get_root_type(operation.kind)
        assert root is not None
        plan = compile_plan(look_ahead, root, operation.node.selection_set.selections)
        if len(operation.plans) < MOST_PLANS:
            operation.plans[key] = plan = replace(plan, number=next(_numbers))
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
    varied = Varied(plan.number)
    try:
        branches = {shape.key: shape.bind(context.variables, varied.branches) for shape in plan.shapes}
        text = query_text(context.database.dialect, context.caller, plan.told, branches, varied)
    except (BadInput, GraphQLError):
        return None
    if text is None:
        return None
    (record,) = await context.database.fetch(*text, min_revisions=context.seen)
    return None if record["misfits"] else record["answer"]


async def _load_rows(plan: Plan, context: Context) -> Root:
    """In place of a field that failed stands its error."""
    root = Root()
    wanted: list[Branch] = []
    for shape in plan.shapes:
        try:
            branch = shape.bind(context.variables, [])
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
        await context.database.query(body, min_revisions=context.seen)
    except PickupError as error:
        root.fail([branch.key for branch in wanted], error)


def wanted_of(info: Info[Context, Any]) -> Wanted:
    """What is wanted of a change that is followed."""
    operation, variables = info.context.operation, info.context.variables
    assert operation is not None
    (shape,) = plan_of(operation, variables).shapes
    (wanted,) = shape.of.values()
    return wanted.bind(variables, [])
