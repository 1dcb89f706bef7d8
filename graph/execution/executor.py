"""Runs one operation: the only place that knows how a document becomes a response."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from typing import Any, cast

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    create_source_event_stream,
    default_field_resolver,
    default_type_resolver,
    map_source_to_response_event,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

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
from graph.execution.selections import RootSelection, SelectionCollector
from models.caller import Caller
from models.lru_cache import LRUCache
from resolvers.json_query.root_field import RootField

Answer = dict[str, Any]
"""A GraphQL response: `data` if the operation was executed, `errors` if there are any."""

_CACHED_FIELDS = 200_000
"""Of all cached selections together; a field takes about 200 bytes, a token of its document twice as much."""

_selections: LRUCache[tuple[object, ...], RootSelection] = LRUCache(_CACHED_FIELDS, lambda selection: selection.size)
"""What is selected below root fields: by operation, response key, and the values of the document's conditions."""


class JsonExecutor(Executor[Any]):
    """graphql-core's executor, for which finished JSON is complete. It runs the root fields and nothing below them."""

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if isinstance(result, orjson.Fragment):
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


async def execute(operation: Operation, variables: VariableValues, context: Context) -> Answer:
    """Run a query or the mutations of an operation.

    Raises RequestError if a condition is null, and if nothing was done because the server is busy.
    """
    executor = _start(operation, variables, context)
    try:
        result = executor.execute_operation()
        if not isinstance(result, ExecutionResult):
            result = await result  # type: ignore[misc]
    finally:
        # It refers to its own methods, and such cycles are left to the garbage collector: while thousands of requests
        # wait, one of its rounds stops the process for 0.3 s.
        vars(executor).clear()
    result = cast("ExecutionResult", result)
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


def _start(operation: Operation, values: VariableValues, context: Context) -> JsonExecutor:
    _check_conditions(operation, values)

    default_region = context.default_region

    def select(response_key: str, caller: Caller) -> RootField:
        return _selection(operation, values, response_key, default_region).bind(caller, values)

    selections = operation.node.selection_set.selections
    context.start(select, alone=len(selections) == 1 and isinstance(selections[0], FieldNode))
    return JsonExecutor(
        operation.schema,
        operation.fragments,
        operation.fragment_details,
        None,
        context,
        operation.node,
        values,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        hide_suggestions=operation.hide_suggestions,
    )


def _check_conditions(operation: Operation, variables: VariableValues) -> None:
    """Raise RequestError if a condition of @skip or @include is null: its variable may be, if it has a default."""
    if all(variables.coerced.get(name) is not None for name in operation.conditions):
        return
    collector = SelectionCollector(operation.schema, operation.fragments, variables)
    try:
        collector.check(_root_type(operation), operation.node.selection_set.selections)
    except GraphQLError as error:
        raise RequestError(format_request_error(error, BAD_USER_INPUT)) from None


def _root_type(operation: Operation) -> GraphQLObjectType:
    root = operation.schema.get_root_type(operation.kind)
    assert root is not None
    return root


def _selection(
    operation: Operation, variables: VariableValues, response_key: str, default_region: str | None
) -> RootSelection:
    """The selection of a root field, collected when it is first needed for these values of the conditions.

    `default_region` is the same for all requests that run the operation.
    """
    conditions = [variables.coerced.get(name) for name in operation.conditions]
    key = (operation, response_key, *conditions)
    selection = _selections.get(key)
    if selection is None:
        collector = SelectionCollector(operation.schema, operation.fragments, variables, default_region)
        selection = collector.root(_root_type(operation), operation.node.selection_set.selections, response_key)
        # It holds nodes of the document, and through them all of it.
        selection = replace(selection, size=selection.size + 2 * operation.size)
        _selections.put(key, selection)
    return selection


def _answer(result: ExecutionResult, context: Context) -> Answer:
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = format_field_errors(result.errors, context.translate, context.request_id)
    return answer
