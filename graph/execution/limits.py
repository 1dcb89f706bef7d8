"""The limits on an operation: how many fields, how deep, how much it may cost, how long the lists of its variables."""

from collections.abc import Mapping
from typing import Any

from graphql import OperationType

from graph.errors import RequestError
from graph.execution.complexity import STATEMENT
from graph.execution.documents import Operation
from graph.settings import Settings
from models.errors import N_, BadInput, TooCostly

MAX_FIELDS = 2_000
"""Fields of one operation, those of its fragments counted wherever they are spread: the SQL of each is written out."""

MAX_ITEMS = 10_000
"""Items of a list in the variables: ten times what any argument takes."""

PAYLOAD_DIVISOR = 10
"""Payloads may cost a tenth of what a query may: they are read before the change is committed, under its lock.

On SQLite every change waits for that: five payloads with 27 searches of a site of 200,000 users took 35 seconds.
"""


def check_limits(operation: Operation, variables: Mapping[str, Any], settings: Settings) -> int:
    """The cost of the operation with these variables. Raises RequestError if it exceeds a limit."""
    _check_lists(variables)
    cost = operation.cost
    if cost.fields > MAX_FIELDS:
        template = N_("The query selects {count} fields; the limit is {limit}.")
        raise RequestError(TooCostly(template, count=cost.fields, limit=MAX_FIELDS))
    if cost.depth > settings.max_depth:
        template = N_("The query is {depth} fields deep; the limit is {limit}.")
        raise RequestError(TooCostly(template, depth=cost.depth, limit=settings.max_depth))
    total = cost.of(variables)
    if total > settings.max_cost:
        template = N_("The query would cost {cost}; the limit is {limit}.")
        raise RequestError(TooCostly(template, cost=total, limit=settings.max_cost))
    if operation.kind is OperationType.MUTATION:
        _check_payloads(total - STATEMENT * cost.statements, settings.max_cost // PAYLOAD_DIVISOR)
    return total


def _check_payloads(values: int, limit: int) -> None:
    """Raises RequestError if the payloads of the mutations of a request have more values than they may."""
    if values > limit:
        template = N_("The payloads of the mutations would cost {cost}; the limit is {limit}. Ask in a query.")
        raise RequestError(TooCostly(template, cost=values, limit=limit))


def _check_lists(variables: Mapping[str, Any]) -> None:
    """Raises RequestError if a list is too long for any argument, before its items are coerced."""
    values: list[Any] = [*variables.values()]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            if len(value) > MAX_ITEMS:
                template = N_("A list in the variables has {count} items; the limit is {limit}.")
                raise RequestError(BadInput(template, count=len(value), limit=MAX_ITEMS))
            values += [item for item in value if isinstance(item, list | dict)]
