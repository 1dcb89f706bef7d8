"""graphql-core's executor, for which finished JSON is complete."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from graph.context import Context
from graph.execution.arguments import FieldArguments
from graph.execution.documents import Operation

_INTROSPECTION = ("__schema", "__type")

_SHORT_COST = 100
"""An operation that costs no more introspects on the event loop: it takes 2 ms at most."""


class PreparedField(NamedTuple):
    """What the document decides of a root field with an asynchronous resolver."""

    definition: GraphQLField
    nodes: list[FieldNode]
    arguments: FieldArguments

    @classmethod
    def of(cls, root_type: GraphQLObjectType, nodes: list[FieldNode]) -> "PreparedField | None":
        """None for `viewer`, `__typename` and the fields of an introspection, which graphql-core executes alone."""
        definition = root_type.fields.get(nodes[0].name.value)
        if definition is None or not definition.extensions["strawberry-definition"].is_async:
            return None
        return cls(definition, nodes, FieldArguments.of(definition, nodes[0]))


class JsonExecutor(Executor[Any]):
    """Runs the root fields of an operation, whose resolvers return finished JSON, and nothing below them.

    graphql-core makes a new executor for each request, which collects the root fields and reads all their arguments
    anew: 8 % more instructions for a short query. Here a template is made once for an operation and the values of its
    conditions, and copied for each request.
    """

    root_type: GraphQLObjectType
    root_fields: GroupedFieldSet
    """The root fields as graphql-core collects them."""
    by_key: Mapping[str | int, PreparedField]
    """Those with asynchronous resolvers, by their response keys."""
    is_short: bool
    """Whether an introspection in it takes no longer than other steps of the event loop."""

    @classmethod
    def template(cls, operation: Operation, variables: VariableValues) -> Self:
        """The executor that is copied, for these values of the conditions."""
        template = cls(
            operation.schema,
            operation.fragments,
            operation.fragment_details,
            None,
            None,
            operation.node,
            VariableValues({}, {}),
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
            hide_suggestions=operation.hide_suggestions,
        )
        template.root_type = operation.root_type
        template.root_fields = collect_fields(
            operation.schema, operation.fragment_details, variables, operation.root_type, operation.node
        ).grouped_field_set
        fields = {
            key: PreparedField.of(operation.root_type, to_nodes(found)) for key, found in template.root_fields.items()
        }
        template.by_key = {key: field for key, field in fields.items() if field is not None}
        # With parts, what it costs depends on variables.
        template.is_short = not operation.cost.parts and operation.cost.of({}) <= _SHORT_COST
        return template

    def for_request(self, variables: VariableValues, context: Context) -> Self:
        """A copy, which shares with the template what the document and its conditions decide."""
        executor = object.__new__(type(self))
        executor.__dict__ = vars(self).copy()
        executor.variable_values = variables
        executor.context_value = context
        executor.collected_errors = CollectedErrors()
        executor.background_futures = set()
        return executor

    async def execute_operation(self, serially: bool | None = None) -> ExecutionResult:
        """As graphql-core does it, but for the fields that are collected."""
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        data: Any
        try:
            data = self.execute_root_grouped_field_set(
                self.root_type, self.root_value, self.root_fields, serially, None
            )
            if self.is_awaitable(data):
                data = await data
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data, self.collected_errors.errors or None)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        field = self.by_key.get(path.key) if path.prev is None else None
        if field is not None:
            return self._execute_root_field(field, source, field_details_list, path)
        arguments = parent_type, source, field_details_list, path, position_context
        if path.prev is None and not self.is_short and field_details_list[0].node.name.value in _INTROSPECTION:
            run_on_thread = self.context_value.run_on_thread
            if run_on_thread is not None:
                return run_on_thread(self.context_value.caller.share, super().execute_field, *arguments)
        return super().execute_field(*arguments)

    async def _execute_root_field(
        self, field: PreparedField, source: Any, field_details_list: FieldDetailsList, path: Path
    ) -> Any:
        """As graphql-core executes it, but for the arguments, which it reads itself for each request."""
        definition = field.definition
        return_type = definition.type
        try:
            info = self.build_resolve_info(definition, field.nodes, self.root_type, path)
            resolve = definition.resolve or self.field_resolver
            found = resolve(source, info, **field.arguments.read(self.variable_values))
            if self.is_awaitable(found):
                found = await found
            found = self.complete_value(return_type, field_details_list, info, path, found, None)
            return await found if self.is_awaitable(found) else found
        except Exception as error:  # noqa: BLE001 - of whatever a resolver raises, an error of the field is made
            self.handle_field_error(error, return_type, field_details_list, path)
            return None

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
