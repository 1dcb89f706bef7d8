"""Carries out what an operation changes, one mutation after the other, before its fields are answered."""

import orjson

from graph.context import Context
from graph.execution.plan import Plan
from graph.execution.selections import Shape
from graph.schema.mutation import ACTIONS
from models.errors import N_, Forbidden
from models.queries.wanted import Varied
from resolvers.root import Root
from resolvers.transactions import Acting, Outcome


async def carry_out(plan: Plan, context: Context) -> Root:
    """The root with the outcomes of the mutations, up to the first that failed, in whose place stands its error."""
    root = Root()
    for shape in plan.shapes:
        try:
            root.related[shape.key] = await _carry_out(plan, shape, context)
        except Exception as error:  # noqa: BLE001 - told at the field, and logged, like all errors of fields
            root.fail([shape.key], error)
            break
    return root


async def _carry_out(plan: Plan, shape: Shape, context: Context) -> Outcome:
    if not context.caller.may_write:
        raise Forbidden(N_("Your token does not permit changes: it needs the permission WRITE."))
    given = shape.values(context.variables)["input"]
    varied = Varied(None if plan.number is None else (plan.number, shape.key))
    ((payload, wanted),) = shape.of.items()
    acting = Acting(
        context.database,
        context.caller,
        payload,
        wanted.bind(context.variables, varied.branches),
        varied,
        dry_run=given["dryRun"],
    )
    outcome = await ACTIONS[shape.node.name.value](acting, given)
    if outcome.seen is not None:
        # Of the site that the outcome tells of the caller has now seen a revision.
        context.seen.update([outcome.seen])
    return outcome


def told(plan: Plan, root: Root) -> dict[str, object] | None:
    """The data of the mutations, where the database could tell of all of them as JSON text."""
    if root.failed or not plan.told:
        return None
    data: dict[str, object] = {}
    for key, name in plan.told:
        if name == "__typename":
            data[key] = "Mutation"
            continue
        outcome: Outcome = root.related[key]
        if outcome.text is None:
            return None
        data[key] = orjson.Fragment(outcome.text)
    return data
