"""Runs one operation: the only place that knows how a document becomes an answer."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, cast

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    OperationType,
    create_source_event_stream,
    map_source_to_response_event,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.context import Context
from graph.documents import Operation
from graph.errors import BAD_USER_INPUT, Refusal, executed, refused
from graph.loading import load_query, plan_of

Variables = dict[str, Any]

Answer = dict[str, Any]
"""A GraphQL response: `data` where the operation was executed, `errors` where there are any."""

_MOST_VARIABLE_ERRORS = 20


async def execute(operation: Operation, variables: Variables, context: Context) -> Answer:
    """Runs a query or a mutation. Raises Refusal where the variables are wrong."""
    executor = _executor(operation, variables, context)
    if operation.kind is OperationType.QUERY:
        plan = plan_of(operation, context.variables)
        root = executor.root_value = await load_query(plan, context)
        if plan.complete is not None and not root.failed:
            return {"data": plan.complete(root)}
    result = executor.execute_operation()
    if not isinstance(result, ExecutionResult):
        result = await result  # type: ignore[misc]
    return _answer(cast("ExecutionResult", result), context)


async def subscribe(operation: Operation, variables: Variables, context: Context) -> AsyncGenerator[Answer, None]:
    """The answers of a subscription, one for each event; whoever asked closes it.

    Raises Refusal where the variables are wrong or there is nothing to listen to.
    """
    executor = _executor(operation, variables, context)
    events = create_source_event_stream(executor)
    if not isinstance(events, AsyncIterable | ExecutionResult):
        events = await events
    if isinstance(events, ExecutionResult):
        raise Refusal(*executed(events.errors or (), context.translate, context.request_id))
    return _answers(map_source_to_response_event(executor, events), context)


async def _answers(results: AsyncGenerator[ExecutionResult, None], context: Context) -> AsyncGenerator[Answer, None]:
    try:
        async for result in results:
            yield _answer(result, context)
    except Exception as error:  # noqa: BLE001 - told to the client like the errors of fields, and logged
        broken = GraphQLError(str(error), original_error=error)
        yield {"errors": executed([broken], context.translate, context.request_id)}
    finally:
        await results.aclose()


def _executor(operation: Operation, variables: Variables, context: Context) -> Executor[Any]:
    executor = StrawberryGraphQLCoreExecutionContext.build(
        operation.schema,
        operation.document,
        context_value=context,
        raw_variable_values=variables,
        operation_name=operation.name,
        max_coercion_errors=_MOST_VARIABLE_ERRORS,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        hide_suggestions=operation.hide_suggestions,
    )
    if isinstance(executor, list):
        raise Refusal(*(refused(error, BAD_USER_INPUT) for error in executor))
    context.variables = executor.variable_values
    return executor


def _answer(result: ExecutionResult, context: Context) -> Answer:
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = executed(result.errors, context.translate, context.request_id)
    return answer
