"""A root field that is being answered: its selection, for one caller, and the statement cache."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from models.caller import Caller
from models.errors import BadArgument
from models.lru_cache import LRUCache
from models.queries.arguments import PageArguments
from models.queries.cursors import OTHER_LIST
from models.queries.request import Keys, QueryRequest
from models.queries.statement import Dialect
from resolvers.json_query.compiled_query import CompiledQuery
from resolvers.json_query.compiler import Compiler
from resolvers.json_query.execution import ForeignCursorError
from resolvers.json_query.selection import FieldSelection

Json = orjson.Fragment
"""Finished JSON, which the executor lets pass."""

_CACHE_BYTES = 16 * 2**20
_OVERHEAD_BYTES = 1_000
"""Of a compiled query beside its SQL: the key and what reads its parameters."""

_compiled: LRUCache[Hashable, CompiledQuery] = LRUCache(_CACHE_BYTES, lambda query: query.size + _OVERHEAD_BYTES)
"""The statement cache: compiled queries by everything that their SQL depends on.

A key holds the number of a selection, not the selection: a document that is forgotten can be freed.
"""


@dataclass(slots=True)
class RootField:
    """A root field with what is selected below it, for one caller.

    `number` stands for the selection in the statement cache. `lists` are the selected lists
    and `arguments` their arguments, by their numbers; number 0 is the root field itself. `variable` are the numbers of
    those whose arguments hold variables.
    """

    selection: FieldSelection
    number: int
    caller: Caller
    lists: Sequence[FieldSelection]
    arguments: Sequence[PageArguments]
    variable: Sequence[int] = ()

    def request(self, keys: Mapping[str, Keys], arguments: PageArguments | None = None) -> QueryRequest:
        """The request with these keys, and for a list with its own arguments."""
        given = self.arguments if arguments is None else (arguments, *self.arguments[1:])
        return QueryRequest(self.caller, given, keys)

    def compiled(
        self, dialect: Dialect, request: QueryRequest, kind: Hashable, compile: Callable[[Compiler], CompiledQuery]
    ) -> CompiledQuery:
        """The query of this kind: from the statement cache, or compiled now. Raises BadArgument."""
        granted_all = self.caller.sites is None
        cache_keys = [self._cache_key(request, number) for number in (0, *self.variable)]
        key = (self.number, kind, dialect, granted_all, *cache_keys)
        found = _compiled.get(key)
        if found is None:
            found = compile(Compiler(dialect, request.arguments, granted_all=granted_all))
            _compiled.put(key, found)
        return found

    def _cache_key(self, request: QueryRequest, number: int) -> Hashable:
        try:
            return request.arguments[number].cache_key
        except BadArgument as error:
            raise error.at(self.lists[number].schema_name) from None

    def foreign_cursor(self, error: ForeignCursorError, request: QueryRequest) -> BadArgument:
        """The error of a cursor that is of another row's list."""
        cursor = getattr(request.arguments[error.number], error.argument)
        return BadArgument(error.argument, cursor, OTHER_LIST).at(self.lists[error.number].schema_name)
