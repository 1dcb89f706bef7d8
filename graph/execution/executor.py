"""Runs one operation: the only place that knows how a document becomes a response."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult, GraphQLError, create_source_event_stream, map_source_to_response_event
from graphql.execution.values import VariableValues

from graph.context import Context
from graph.errors import (
    BAD_USER_INPUT,
    RequestError,
    drop_tracebacks,
    format_field_errors,
    format_request_error,
    retry_after_s,
)
from graph.execution.documents import Operation
from graph.execution.garbage import operation_in_progress
from graph.execution.json_executor import JsonExecutor
from graph.execution.selections import RootSelection, SelectionCollector
from models.caller import Caller
from models.lru_cache import LRUCache
from resolvers.json_query.root_field import RootField

Answer = dict[str, Any]
"""A GraphQL response: `data` if the operation was executed, `errors` if there are any."""


@dataclass(slots=True, eq=False)
class PreparedOperation:
    """What an operation has in common for all requests with the same values of its conditions."""

    operation: Operation
    executor: JsonExecutor
    selections: dict[str, RootSelection] = field(default_factory=dict)
    """By response keys, collected when they are first needed."""

    @property
    def size(self) -> int:
        """The fields that it may come to hold; with its nodes of the document it holds all of that."""
        return self.operation.cost.fields + 2 * self.operation.size


_CACHED_FIELDS = 200_000
"""Of all prepared operations together; a field takes about 200 bytes, a token of its document twice as much."""

_prepared: LRUCache[tuple[object, ...], PreparedOperation] = LRUCache(_CACHED_FIELDS, lambda prepared: prepared.size)
"""By operation, and the values of the document's conditions."""


async def execute(operation: Operation, variables: VariableValues, context: Context) -> Answer:
    """Run a query or the mutations of an operation.

    Raises RequestError if a condition is null, and if nothing was done because the server is busy.
    """
    with operation_in_progress():
        result = await _start(operation, variables, context).execute_operation()
    answer = _answer(result, context)
    drop_tracebacks(result.errors or ())
    if result.data is None and not context.committed:
        _check_busy(result, answer)
    return answer


def _check_busy(result: ExecutionResult, answer: Answer) -> None:
    """Raise RequestError if every error of a result without data says that the server is busy."""
    seconds = retry_after_s(result.errors or ())
    if seconds is not None:
        raise RequestError(*answer["errors"], status=503, keep_status=True, headers={"Retry-After": str(seconds)})


async def subscribe(operation: Operation, variables: VariableValues, context: Context) -> AsyncGenerator[Answer, None]:
    """The responses of a subscription, one for each event; the caller closes the generator.

    Raises RequestError if a condition is null, and if there is nothing to subscribe to.
    """
    executor = _start(operation, variables, context)
    events = create_source_event_stream(executor)
    if not isinstance(events, AsyncIterable | ExecutionResult):
        events = await events
    if isinstance(events, ExecutionResult):
        raise RequestError(*format_field_errors(events.errors or (), context.translate, context.request_id))
    return _answers(map_source_to_response_event(executor, events), context)


async def _answers(results: AsyncGenerator[ExecutionResult, None], context: Context) -> AsyncGenerator[Answer, None]:
    try:
        async for result in results:
            yield _answer(result, context)
    except Exception as error:  # noqa: BLE001 - reported like the errors of fields, and logged
        failed = GraphQLError(str(error), original_error=error)
        yield {"errors": format_field_errors([failed], context.translate, context.request_id)}
    finally:
        await results.aclose()


def _start(operation: Operation, variables: VariableValues, context: Context) -> JsonExecutor:
    prepared = _prepare(operation, variables)
    # The context holds the function: with the context in it they would be a cycle.
    default_region = context.default_region

    def select(response_key: str, caller: Caller) -> RootField:
        selection = prepared.selections.get(response_key)
        if selection is None:
            selection = _select(operation, variables, response_key, default_region)
            prepared.selections[response_key] = selection
        return selection.bind(caller, variables)

    context.start(select, alone=len(prepared.executor.by_key) == 1)
    return prepared.executor.for_request(variables, context)


def _prepare(operation: Operation, variables: VariableValues) -> PreparedOperation:
    """Raises RequestError if a condition is null."""
    key = (operation, *[variables.coerced.get(name) for name in operation.conditions])
    prepared = _prepared.get(key)
    if prepared is None:
        _check_conditions(operation, variables)
        prepared = PreparedOperation(operation, JsonExecutor.template(operation, variables))
        _prepared.put(key, prepared)
    return prepared


def _check_conditions(operation: Operation, variables: VariableValues) -> None:
    """Raise RequestError if a condition of @skip or @include is null: its variable may be, if it has a default."""
    if all(variables.coerced.get(name) is not None for name in operation.conditions):
        return
    collector = SelectionCollector(operation.schema, operation.fragments, variables)
    try:
        collector.check(operation.root_type, operation.node.selection_set.selections)
    except GraphQLError as error:
        raise RequestError(format_request_error(error, BAD_USER_INPUT)) from None


def _select(
    operation: Operation, variables: VariableValues, response_key: str, default_region: str | None
) -> RootSelection:
    """What is selected below a root field. `default_region` is the same for all requests that run the operation."""
    collector = SelectionCollector(operation.schema, operation.fragments, variables, default_region)
    return collector.root(operation.root_type, operation.node.selection_set.selections, response_key)


def _answer(result: ExecutionResult, context: Context) -> Answer:
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = format_field_errors(result.errors, context.translate, context.request_id)
    return answer
