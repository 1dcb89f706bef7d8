"""Lists and the pages of them: orders, cursors and search, written as SQL conditions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.errors import N_, BadArgument
from models.queries.arguments import PageArguments
from models.queries.cursors import OTHER_LIST, Cursor, CursorValues
from models.queries.filters import Condition, Filter
from models.queries.request import QueryRequest, RequestParameter, RequestTemplate
from models.queries.statement import SHORTEST_TRIGRAM, Parameter
from models.row import Row


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: columns whose values, in one direction, are unique because the key is the last."""

    name: str
    columns: tuple[tuple[str, type], ...]

    @property
    def types(self) -> tuple[type, ...]:
        return tuple(type_ for _, type_ in self.columns)


@dataclass(frozen=True, slots=True)
class ListDefinition:
    """A list that can be paged: which rows, in which orders, and which row they belong to.

    `parent` is the column that holds that row's key, "" if there is none. `condition` holds for every row of the list.
    In SQL the row is x.
    """

    name: str
    row: type[Row]
    orders: dict[str, Order]
    parent: str = ""
    condition: str = ""


ReadArguments = Callable[[QueryRequest], PageArguments]

CursorParameters = tuple[RequestParameter, ...]
"""The values of a cursor, in the columns of the order."""


MAX_EXTERNAL_IDS = 1_000


def check_page(definition: ListDefinition, arguments: PageArguments, *, of_parent: bool) -> None:
    """Check the arguments of a page without reading anything. Raises BadArgument.

    Whether a cursor is of the list of the right row is found by the statement.
    """
    _ = arguments.size, arguments.terms
    order = definition.orders[arguments.order]
    name = f"{'-' if arguments.descending else '+'}{order.name}"
    for argument, cursor in zip(("after", "before"), arguments.cursors, strict=True):
        if cursor is not None and not cursor.fits(definition.name, name, order.types, parent=of_parent):
            raise BadArgument(argument, getattr(arguments, argument), OTHER_LIST)
    external_ids = (arguments.filter and arguments.filter.external_ids) or ()
    if len(external_ids) > MAX_EXTERNAL_IDS:
        template = N_("externalIds has {number} keys, but one filter takes at most {most}.")
        raise BadArgument("filter", list(external_ids), template, number=len(external_ids), most=MAX_EXTERNAL_IDS)


class PageQuery:
    """One page of one list: arguments checked, and what they mean in SQL.

    `arguments` shape the SQL; values come from the request's own arguments, which `read` finds there. Raises
    BadArgument.
    """

    def __init__(
        self,
        definition: ListDefinition,
        arguments: PageArguments,
        read: ReadArguments,
        *,
        of_parent: bool,
        conditions: Sequence[Condition] = (),
    ) -> None:
        check_page(definition, arguments, of_parent=of_parent)
        self.definition = definition
        self.size = arguments.size
        self.backward = arguments.backward
        self.descending = arguments.descending
        self.order = definition.orders[arguments.order]
        self._terms = arguments.terms
        self._has_number = arguments.number_beside_terms is not None
        self._read = read
        filters = arguments.filter.conditions(self._read_filter) if arguments.filter is not None else ()
        self.conditions = [*conditions, *filters]
        after, before = arguments.cursors
        self.after = None if after is None else self._cursor(0)
        self.before = None if before is None else self._cursor(1)

    @property
    def order_name(self) -> str:
        """The name of the order with its direction, as cursors have it."""
        return f"{'-' if self.descending else '+'}{self.order.name}"

    def _read_filter(self, request: QueryRequest) -> Filter:
        found = self._read(request).filter
        assert found is not None
        return found

    def _cursor(self, which: int) -> CursorParameters:
        def value(number: int) -> RequestParameter:
            return Parameter(lambda request: _values(self._read(request), which)[number])

        return tuple(value(number) for number in range(len(self.order.types)))

    def cursor_parents(self) -> list[tuple[str, RequestParameter]]:
        """The arguments that hold a cursor, each with the key of the row whose list the cursor is of."""

        def parent(which: int) -> RequestParameter:
            return Parameter(lambda request: _parent(self._read(request), which))

        given = (("after", self.after), ("before", self.before))
        return [(name, parent(which)) for which, (name, cursor) in enumerate(given) if cursor is not None]

    def conditions_of(self, statement: RequestTemplate) -> list[str]:
        """The conditions that every row of the list meets, wherever its place."""
        if self._terms is None:
            return ["FALSE"]
        own = [self.definition.condition] if self.definition.condition else []
        searched = [self._contains(statement, number, term) for number, term in enumerate(self._terms)]
        if self._has_number:
            searched = [f"({' AND '.join(searched)} OR {self._has_line(statement)})"]
        return [*own, *(condition.write(statement) for condition in self.conditions), *searched]

    def _contains(self, statement: RequestTemplate, number: int, term: str) -> str:
        read = self._read
        parameter: RequestParameter = Parameter(lambda request: (read(request).terms or ())[number])
        return statement.contains("x.search_key", parameter, trigrams=len(term) >= SHORTEST_TRIGRAM)

    def _has_line(self, statement: RequestTemplate) -> str:
        """The condition that the row has the number that is searched for: a line of the search key."""
        read = self._read
        return statement.has_line("x.search_key", Parameter(lambda request: read(request).number))

    def keyset_condition(
        self, statement: RequestTemplate, cursor: CursorParameters, *, later: bool, itself: bool = False
    ) -> str:
        """True of the rows that come later (or earlier) than the cursor in the order asked for."""
        sign = self.comparison(later=later)
        columns = ", ".join(f"x.{column}" for column, _ in self.order.columns)
        values = ", ".join(statement.bind(value) for value in cursor)
        return f"({columns}) {sign}{'=' if itself else ''} ({values})"

    def comparison(self, *, later: bool) -> str:
        """The operator between the values of a row and of a cursor, for rows that come later (or earlier) than it."""
        return ">" if later != self.descending else "<"

    @property
    def is_bounded(self) -> bool:
        """Whether a cursor is given."""
        return self.after is not None or self.before is not None

    @cached_property
    def has_index_lookup(self) -> bool:
        """Whether a condition finds the rows by an index of its own."""
        return any(condition.looks_up for condition in self.conditions)

    @property
    def is_selective(self) -> bool:
        """Whether not every row of the list is asked for."""
        return bool(self._terms or self.conditions)

    def parent_condition(self, statement: RequestTemplate, key: str) -> str:
        """The condition that a row is of the list that belongs to the row with that key.

        SQLite would walk the whole list in its order to find a few rows that can be looked up: the `+` keeps it from
        using the list's index.
        """
        plus = "+" if self.has_index_lookup and statement.dialect == "sqlite" else ""
        return f"{plus}x.{self.definition.parent} = {key}"

    def order_by(self, column: str, *, reverse: bool = False) -> str:
        """The order in which the rows of the page are read: from its start, or backward from its end; or its reverse.

        `column` is a template with the {column} of the table or its {number} in the order.
        """
        direction = "DESC" if (self.descending != self.backward) != reverse else "ASC"
        names = (name for name, _ in self.order.columns)
        return ", ".join(
            f"{column.format(column=name, number=number)} {direction}" for number, name in enumerate(names)
        )


def _given(arguments: PageArguments, which: int) -> Cursor:
    cursor = arguments.cursors[which]
    assert cursor is not None
    return cursor


def _values(arguments: PageArguments, which: int) -> CursorValues:
    return _given(arguments, which).values


def _parent(arguments: PageArguments, which: int) -> int | None:
    return _given(arguments, which).parent
