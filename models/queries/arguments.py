"""The arguments of a list: size, cursors, search, order and filter, checked before anything is read."""

from dataclasses import dataclass
from functools import cached_property

from models.errors import N_, BadArgument, BadInput
from models.queries.cursors import Cursor, read_cursor
from models.queries.filters import Filter
from models.queries.search_text import terms
from models.queries.statement import SHORTEST_TRIGRAM

DEFAULT_PAGE = 25
LARGEST_PAGE = 100


@dataclass(frozen=True)
class PageArguments:
    """Which page of a list, as a client asks for it. Reading a property raises BadArgument if it is wrong.

    `number` is the search as a telephone number in E.164, if it is one as a whole.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    search: str | None = None
    order: str = "NAME"
    descending: bool = False
    filter: Filter | None = None
    number: str | None = None

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        """How many rows the page may have."""
        if self.first is not None and self.last is not None:
            raise BadArgument("first", self.first, N_("Give either first or last, not both."))
        name, size = ("first", self.first) if self.first is not None else ("last", self.last)
        if size is None:
            return DEFAULT_PAGE
        if size < 0:
            raise BadArgument(name, size, N_("A page may not have a negative size."))
        if size > LARGEST_PAGE:
            template = N_("A page has at most {largest} rows. Ask for the rest with a cursor.")
            raise BadArgument(name, size, template, largest=LARGEST_PAGE)
        return size

    @cached_property
    def terms(self) -> tuple[str, ...] | None:
        """The terms of the search, folded; None for a search that can find nothing."""
        if not self.search:
            return ()
        try:
            return terms(self.search)
        except BadInput as error:
            raise BadArgument("search", self.search, error.template, **error.values) from None

    @cached_property
    def number_beside_terms(self) -> str | None:
        """The number, if the terms do not find every row that has it: those of "01 23" are not in "+3312…"."""
        if self.number is None or self.terms is None or all(term in self.number for term in self.terms):
            return None
        return self.number

    @cached_property
    def cursors(self) -> tuple[Cursor | None, Cursor | None]:
        """What `after` and `before` hold."""
        return _cursor("after", self.after), _cursor("before", self.before)

    @cached_property
    def cache_key(self) -> tuple[object, ...]:
        """All that the SQL of the page depends on, but for the values of its parameters."""
        if self.after is None and self.before is None and not self.search:
            filters = self.filter and self.filter.cache_key
            return self.first, self.last, self.order, self.descending, (), False, (None, None), filters
        terms = None if self.terms is None else tuple(len(term) < SHORTEST_TRIGRAM for term in self.terms)
        cursors = tuple(cursor and cursor.kind for cursor in self.cursors)
        filters = self.filter and self.filter.cache_key
        has_number = self.number_beside_terms is not None
        return self.first, self.last, self.order, self.descending, terms, has_number, cursors, filters


def _cursor(argument: str, text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        return read_cursor(text)
    except BadInput as error:
        raise BadArgument(argument, text, error.template) from None
