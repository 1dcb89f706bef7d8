"""From the text of a query to operations that are parsed, validated and costed: once, then remembered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    MaxIntrospectionDepthRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    Token,
    TokenKind,
    ValidationContext,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.validation.validate import ValidationAbortedError

from graph.errors import PARSE_FAILED, VALIDATION_FAILED, FormattedError, RequestError, format_request_error
from graph.execution.complexity import Cost, cost_of
from graph.execution.variables import Variables
from graph.settings import Settings
from models.errors import N_, BadInput, PickupError, TooCostly
from models.lru_cache import LRUCache

MAX_OPERATIONS = 10
"""Operations in one document, of which a request runs one."""

CHARACTERS_PER_TOKEN = 20
"""A document may have this many characters for each token that it may have."""

MAX_NAME_LENGTH = 128
"""Characters of a name in a document: of a field, an alias, a fragment, a variable and so on."""

_MAX_ERRORS = 20
_MERGING_BUDGET = 50_000

_CACHED_TOKENS = 40_000
"""Of all cached documents together; a token takes about 400 bytes."""

_CACHED_DOCUMENTS = 1_000
_CACHED_ERRORS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a document, with everything that is the same for all requests that run it."""

    schema: GraphQLSchema
    document: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    fragment_details: dict[str, FragmentDetails]
    """The same as graphql-core's executor has them."""
    node: OperationDefinitionNode
    kind: OperationType
    cost: Cost
    variables: Variables
    hide_suggestions: bool
    size: int
    """The tokens of its document, comments among them."""
    conditions: tuple[str, ...]
    """Its variables that may stand in its @skip and @include, and in those of the document's fragments."""

    @property
    def root_type(self) -> GraphQLObjectType:
        root = self.schema.get_root_type(self.kind)
        assert root is not None
        return root

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A valid document: its operations by name, the nameless one by None."""

    operations: Mapping[str | None, Operation]
    tokens: int

    def operation(self, name: str | None) -> Operation:
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise RequestError(BadInput(N_("The document has several operations: name the one to run.")))
        if name not in self.operations:
            raise RequestError(BadInput(N_("The document has no operation with that name.")))
        return self.operations[name]


class BoundedMergingRule(OverlappingFieldsCanBeMergedRule):
    """The only rule whose work grows faster than the document, held to a tenth of graphql-core's budget."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _MERGING_BUDGET


class BoundedIntrospectionRule(MaxIntrospectionDepthRule):
    """The library's limit on lists of an introspection within one another, as QUERY_TOO_COSTLY."""

    def report_error(self, error: GraphQLError) -> None:
        raise RequestError(TooCostly(N_("The introspection is nested too deeply."))) from error


_REPLACED_RULES = {
    OverlappingFieldsCanBeMergedRule: BoundedMergingRule,
    MaxIntrospectionDepthRule: BoundedIntrospectionRule,
}


class Documents:
    """Prepares the documents of one schema, and caches them.

    The errors of invalid documents have a cache of their own, so that they displace no valid document.
    """

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self.schema = schema
        self.max_tokens = settings.max_tokens
        self.max_characters = settings.max_tokens * CHARACTERS_PER_TOKEN
        self.max_depth = settings.max_depth
        self.hide_suggestions = not settings.introspection
        self.rules = [_REPLACED_RULES.get(rule, rule) for rule in specified_rules]
        if not settings.introspection:
            self.rules.append(NoSchemaIntrospectionCustomRule)
        self._documents: LRUCache[str, Document] = LRUCache(_CACHED_TOKENS, _cached_size)
        self._errors: LRUCache[str, tuple[PickupError | FormattedError, ...]] = LRUCache(_CACHED_ERRORS)

    def prepare(self, query: str) -> Document:
        """The parsed and valid document. Raises RequestError."""
        document = self._documents.get(query)
        if document is not None:
            return document
        errors = self._errors.get(query)
        if errors is not None:
            raise RequestError(*errors)
        if len(query) > self.max_characters:
            limit = self.max_characters
            raise RequestError(TooCostly(N_("The document may have {limit} characters at most."), limit=limit))
        try:
            document = self._read(query)
        except RequestError as error:
            self._errors.put(query, error.errors)
            raise
        self._documents.put(query, document)
        return document

    def _read(self, query: str) -> Document:
        document = self._parse(query)
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if len(operations) > MAX_OPERATIONS:
            template = N_("The document has {count} operations; the limit is {limit}.")
            raise RequestError(TooCostly(template, count=len(operations), limit=MAX_OPERATIONS))
        _check_names(document)
        self._validate(document)
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        conditions = _conditions(document)
        read = [
            Operation(
                self.schema,
                document,
                fragments,
                {name: FragmentDetails(fragment) for name, fragment in fragments.items()},
                node,
                node.operation,
                cost_of(node, fragments, self.schema),
                Variables.of(self.schema, node, hide_suggestions=self.hide_suggestions),
                self.hide_suggestions,
                _tokens(document, query),
                _of_type_boolean(node, conditions),
            )
            for node in operations
        ]
        return Document({operation.name: operation for operation in read}, _tokens(document, query))

    def _parse(self, query: str) -> DocumentNode:
        try:
            return parse(
                query,
                max_lexical_tokens=self.max_tokens,
                max_comments=self.max_tokens,
                allow_empty_selection_sets=False,
            )
        except GraphQLSyntaxError as error:
            raise RequestError(self._syntax_error(error)) from None

    def _syntax_error(self, error: GraphQLSyntaxError) -> PickupError | dict[str, Any]:
        if not error.description.endswith("Parsing aborted."):
            return format_request_error(error, PARSE_FAILED)
        if "nested too deeply" in error.description:
            return TooCostly(
                N_("The document is nested too deeply; the limit is {limit} fields."), limit=self.max_depth
            )
        return TooCostly(N_("The document may have {limit} tokens at most."), limit=self.max_tokens)

    def _validate(self, document: DocumentNode) -> None:
        errors: list[GraphQLError] = validate(
            self.schema,
            document,
            self.rules,
            max_errors=_MAX_ERRORS,
            hide_suggestions=self.hide_suggestions,
            allow_empty_selection_sets=False,
        )
        if not errors:
            return
        if isinstance(errors[0], ValidationAbortedError):
            raise RequestError(TooCostly(N_("The document's fragments are too entangled to be checked.")))
        raise RequestError(*(format_request_error(error, VALIDATION_FAILED) for error in errors))


def _tokens(document: DocumentNode, query: str) -> int:
    """The tokens that a document keeps in memory; graphql-core does not count comments."""
    return document.token_count + query.count("#")


def _cached_size(document: Document) -> int:
    """Its tokens, or so many that no more than `_CACHED_DOCUMENTS` short ones fit."""
    return max(document.tokens, _CACHED_TOKENS // _CACHED_DOCUMENTS)


class _Conditions(Visitor):
    """Collects the variables that decide whether a selection is there."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names[argument.value.name.value] = None


def _of_type_boolean(operation: OperationDefinitionNode, names: Iterable[str]) -> tuple[str, ...]:
    """Those names that are Boolean variables of the operation; in another operation they may be of any type."""
    types = {one.variable.name.value: print_ast(one.type) for one in operation.variable_definitions or ()}
    return tuple(name for name in names if types.get(name, "").rstrip("!") == "Boolean")


def _conditions(document: DocumentNode) -> tuple[str, ...]:
    found = _Conditions()
    visit(document, found)
    return tuple(found.names)


def _check_names(document: DocumentNode) -> None:
    """Raises RequestError if a name is too long."""
    assert document.loc is not None
    token: Token | None = document.loc.start_token
    while token is not None:
        if token.kind is TokenKind.NAME and token.end - token.start > MAX_NAME_LENGTH:
            template = N_("A name in the document may have {limit} characters at most.")
            raise RequestError(TooCostly(template, limit=MAX_NAME_LENGTH))
        token = token.next
