"""What the contract says that a query must be answered with: data, and the errors of wrong arguments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    get_argument_values,
    get_named_type,
    get_variable_values,
    is_abstract_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from tests.support.oracle.lists import LISTS, MOST_NODES, ForeignCursorError, wrong
from tests.support.oracle.rows import Rows
from tests.support.oracle.schema import Caller, Context, make_schema

BAD_USER_INPUT, FORBIDDEN = "BAD_USER_INPUT", "FORBIDDEN"

_NOT_COERCED = "Argument '"
"""In graphql-core's message of an argument that is null or missing."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a root field: the code of its error, and pieces of text one of which its message holds."""

    code: str
    says: frozenset[str] = frozenset()


@dataclass
class Answer:
    """The data, and the faults of root fields by their response keys; `required` are those whose type is not nullable.

    `refused` if a variable is wrong, or the condition of a directive is null: then there is no data, and the error has
    no path.
    """

    data: dict[str, Any] | None = None
    faults: dict[str, Fault] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    refused: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether an argument, a variable or a condition is wrong."""
        return self.refused or any(fault.code == BAD_USER_INPUT for fault in self.faults.values())


class Oracle:
    """Answers queries from the rows of a database."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.schema = make_schema()

    def answer(self, document: DocumentNode, variables: Mapping[str, Any], caller: Caller) -> Answer:
        """The answer to a document that is valid and has one operation, a query."""
        operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        values = get_variable_values(self.schema, operation.variable_definitions or (), dict(variables))
        if isinstance(values, list):
            return Answer(refused=True)
        query = _Query(self, document, operation, variables, values, caller)
        try:
            faults = query.faults()
        except GraphQLError:
            return Answer(refused=True)
        return query.answer(faults)


@dataclass(frozen=True)
class _Query:
    """One operation with its variables."""

    oracle: Oracle
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    values: VariableValues
    caller: Caller

    @property
    def schema(self) -> GraphQLSchema:
        return self.oracle.schema

    @property
    def fragments(self) -> dict[str, FragmentDetails]:
        fragments = (node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode))
        return {node.name.value: FragmentDetails(node) for node in fragments}

    @property
    def query_type(self) -> GraphQLObjectType:
        assert self.schema.query_type is not None
        return self.schema.query_type

    @property
    def root_fields(self) -> GroupedFieldSet:
        return collect_fields(
            self.schema, self.fragments, self.values, self.query_type, self.operation
        ).grouped_field_set

    def faults(self) -> dict[str, Fault]:
        """Of root fields, those found before anything is read. Raises GraphQLError for a condition that is null.

        Whatever is wrong with a field, the conditions below it are looked at, since the server looks at all of them
        before it runs any field.
        """
        found = {}
        for key, details in self.root_fields.items():
            node = details[0].node
            says = frozenset(self._wrong_arguments(self.query_type, details))
            if self._arguments(self.query_type, node) is None:
                found[key] = Fault(BAD_USER_INPUT, frozenset([_NOT_COERCED]))
            elif self._forbids(node.name.value):
                found[key] = Fault(FORBIDDEN)
            elif says:
                found[key] = Fault(BAD_USER_INPUT, says)
        return found

    def _forbids(self, name: str) -> bool:
        """Whether the caller may not have a root field."""
        return name != "viewer" and not name.startswith("__") and "READ" not in self.caller.permissions

    def answer(self, faults: Mapping[str, Fault]) -> Answer:
        """The answer, if these were found before."""
        answer = Answer({})
        assert answer.data is not None
        for key, details in self.root_fields.items():
            definition = self.query_type.fields.get(details[0].node.name.value)
            if definition is not None and is_non_null_type(definition.type):
                answer.required.add(key)
            found = faults.get(key) or self._root_field(key, details)
            if isinstance(found, Fault):
                answer.faults[key] = found
            answer.data[key] = None if isinstance(found, Fault) else found
        if answer.faults.keys() & answer.required:
            answer.data = None
        return answer

    def _root_field(self, key: str, details: list[FieldDetails]) -> Any:
        """The value of a root field, or the fault of a cursor that is found while rows are read.

        By itself, since graphql-core answers no other root field after one fails that must not be null.
        """
        selected = SelectionSetNode(selections=tuple(detail.node for detail in details))
        operation = OperationDefinitionNode(
            operation=self.operation.operation,
            variable_definitions=self.operation.variable_definitions,
            directives=(),
            selection_set=selected,
        )
        others = (node for node in self.document.definitions if node is not self.operation)
        result = execute_sync(
            self.schema,
            DocumentNode(definitions=(operation, *others)),
            context_value=Context(self.oracle.rows, self.caller),
            variable_values=dict(self.variables),
        )
        if result.errors:
            return Fault(BAD_USER_INPUT, frozenset(f"{_foreign_cursor_field(error)}(" for error in result.errors))
        assert result.data is not None
        return result.data[key]

    def _wrong_arguments(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Iterator[str]:
        """What may be said of the fields with wrong arguments: of this one, and those below, reached or not."""
        node = details[0].node
        name = node.name.value
        definition = parent.fields.get(name)
        if definition is None:
            return
        list_, arguments = LISTS.get((parent.name, name)), self._arguments(parent, node)
        if arguments is None:
            yield _NOT_COERCED
        elif (list_ is not None and wrong(list_, arguments)) or len(arguments.get("ids", ())) > MOST_NODES:
            yield f"{name}("
        for type_ in self._possible_types(get_named_type(definition.type)):
            for below in self._fields_below(type_, details).values():
                yield from self._wrong_arguments(type_, below)

    def _arguments(self, parent: GraphQLObjectType, node: FieldNode) -> dict[str, Any] | None:
        """None if one is null or missing that must not be."""
        definition = parent.fields.get(node.name.value)
        try:
            return {} if definition is None else get_argument_values(definition, node, self.values)
        except GraphQLError:
            return None

    def _fields_below(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> GroupedFieldSet:
        return collect_subfields(
            self.schema, self.fragments, self.values, self.operation, type_, details
        ).grouped_field_set

    def _possible_types(self, type_: GraphQLNamedType) -> list[GraphQLObjectType]:
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        return list(self.schema.get_possible_types(type_)) if is_abstract_type(type_) else []


def _foreign_cursor_field(error: GraphQLError) -> str:
    """The name of the field whose cursor is foreign; any other error is one of the oracle itself."""
    if not isinstance(error.original_error, ForeignCursorError):
        raise error
    assert error.nodes
    return str(error.nodes[0].name.value)  # type: ignore[attr-defined]  # a field's
