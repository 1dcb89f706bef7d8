"""Loads what an operation wants: all root fields of a query in one snapshot, before its fields are answered."""

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
from models.errors import N_, Forbidden, PickupError
from models.paging import PageRequest
from models.session import Session
from models.wanted import Branch, Wanted
from resolvers.connections import facts_wanted, nodes_wanted
from resolvers.reading import Reading, relate
from resolvers.root import Root

MAY_NOT_READ = N_("Your token does not permit reading: it needs the permission READ.")

_BY_KEY = {"node", "site", "user", "pickup_group"}
_PAGES = {"sites", "users", "pickup_groups"}

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
        await context.database.query(body, snapshot=not is_one_statement(wanted), seen=context.seen)
    except PickupError as error:
        root.fail([branch.key for branch in wanted], error)


def is_one_statement(wanted: Sequence[Branch]) -> bool:
    """Whether one statement reads all: a row by its key, or the rows of a page, of which nothing leads further."""
    if len(wanted) != 1:
        return False
    (branch,) = wanted
    if branch.name in _BY_KEY:
        return not any(of.branches for of in branch.of.values())
    if branch.name in _PAGES:
        facts = facts_wanted(branch.wanted)
        page: PageRequest = branch.arguments["page"]
        beside = facts.total or (facts.previous and page.after) or (facts.next and page.before)
        return not beside and not any(node.branches for node in nodes_wanted(branch.wanted))
    return False


def wanted_of(info: Info[Context, Any]) -> Wanted:
    """What is wanted of a field that is not read ahead: the payload of a mutation, a change that is followed."""
    raw = info._raw_info  # noqa: SLF001 - the selections as graphql-core has them, of which Strawberry gives copies
    definition = raw.parent_type.fields[raw.field_name]
    look_ahead = LookAhead(raw.schema, raw.fragments, info.context.variables)
    return look_ahead.shape(str(raw.path.key), definition, raw.field_nodes).bind(info.context.variables).wanted
