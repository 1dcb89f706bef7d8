"""Runs one operation: the only place that knows how a document becomes an answer."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, cast

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLObjectType,
    OperationType,
    create_source_event_stream,
    map_source_to_response_event,
)
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.context import Context
from graph.errors import BAD_USER_INPUT, RequestError, format_field_errors, format_request_error
from graph.execution.changing import carry_out, told
from graph.execution.documents import Operation
from graph.execution.loading import load_query, plan_of
from graph.execution.variables import MOST_ERRORS
from resolvers.transactions import Outcome

Variables = dict[str, Any]

Answer = dict[str, Any]
"""A GraphQL response: `data` where the operation was executed, `errors` where there are any."""


async def execute(operation: Operation, variables: Variables, context: Context) -> Answer:
    """Runs a query or a mutation. Raises RequestError where the variables are wrong."""
    context.variables, context.operation = operation.variables.read(variables), operation
    try:
        plan = plan_of(operation, context.variables)
    except GraphQLError as error:
        # A null for the condition of @skip or @include, which may be nullable where its variable has a default.
        raise RequestError(format_request_error(error, BAD_USER_INPUT)) from None
    if operation.kind is OperationType.MUTATION:
        root = await carry_out(plan, context)
        data = told(plan, root)
        if data is not None:
            return {"data": data}
    else:
        loaded = await load_query(plan, context)
        if isinstance(loaded, str):
            return {"data": orjson.Fragment(loaded)}
        if plan.complete is not None and not loaded.failed:
            return {"data": plan.complete(loaded)}
        root = loaded
    executor = _executor(operation, variables, context)
    executor.root_value = root
    result = executor.execute_operation()
    if not isinstance(result, ExecutionResult):
        result = await result  # type: ignore[misc]
    return _answer(cast("ExecutionResult", result), context)


async def subscribe(operation: Operation, variables: Variables, context: Context) -> AsyncGenerator[Answer, None]:
    """The answers of a subscription, one for each event; whoever asked closes it.

    Raises RequestError where the variables are wrong or there is nothing to listen to.
    """
    executor = _executor(operation, variables, context)
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
    except Exception as error:  # noqa: BLE001 - told to the client like the errors of fields, and logged
        broken = GraphQLError(str(error), original_error=error)
        yield {"errors": format_field_errors([broken], context.translate, context.request_id)}
    finally:
        await results.aclose()


class _Executor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's, for which an outcome that was put into JSON text already is complete."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if isinstance(result, Outcome) and result.text is not None:
            return orjson.Fragment(result.text)
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)


def _executor(operation: Operation, variables: Variables, context: Context) -> Executor[Any]:
    executor = _Executor.build(
        operation.schema,
        operation.document,
        context_value=context,
        raw_variable_values=variables,
        operation_name=operation.name,
        max_coercion_errors=MOST_ERRORS,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        hide_suggestions=operation.hide_suggestions,
    )
    if isinstance(executor, list):
        raise RequestError(*(format_request_error(error, BAD_USER_INPUT) for error in executor))
    context.variables, context.operation = executor.variable_values, operation
    return executor


def _answer(result: ExecutionResult, context: Context) -> Answer:
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = format_field_errors(result.errors, context.translate, context.request_id)
    return answer
