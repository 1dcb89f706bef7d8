"""A root field of Query: the three things that a resolver can ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.errors import BadArgument
from models.queries.arguments import PageArguments
from models.queries.pagination import ListDefinition, check_page
from models.queries.request import QueryRequest
from models.row import Row
from resolvers.json_query.compiled_query import CompiledQuery
from resolvers.json_query.execution import ForeignCursorError
from resolvers.json_query.query_reader import Answers, QueryReader
from resolvers.json_query.root_field import Json, RootField

NodeKey = tuple[type[Row], int]
"""The model of a row and its key."""

_NULL = Json(b"null")


@dataclass(slots=True)
class QueryField:
    """A root field and what reads for it. Every method raises BadArgument."""

    root: RootField
    reader: QueryReader

    async def row(self, row: type[Row], key: int | None) -> Json:
        """The row with the key as JSON, null if the caller sees none."""
        if key is None:
            return _NULL
        request = self.root.request({"key": key})
        selection_set = self.root.selection.selection_sets[row.__name__]
        dialect = self.reader.database.dialect
        query = self.root.compiled(dialect, request, row, lambda compiler: compiler.row(row, selection_set))
        return await self._read(query, request)

    async def connection(self, definition: ListDefinition, arguments: PageArguments, parent_key: int | None) -> Json:
        """A page of the list that belongs to the row with the key; None is a row that is not found."""
        self._check(definition, arguments, of_parent=True)
        # No row has the key 0.
        request = self.root.request({"parent": parent_key or 0}, arguments)
        selection, dialect = self.root.selection, self.reader.database.dialect
        query = self.root.compiled(dialect, request, "of", lambda compiler: compiler.connection(definition, selection))
        return await self._read(query, request)

    async def connection_of_all(self, definition: ListDefinition, arguments: PageArguments) -> Json:
        """A page of the list of everything that the caller may see."""
        self._check(definition, arguments, of_parent=False)
        request = self.root.request({}, arguments)
        selection, dialect = self.root.selection, self.reader.database.dialect
        query = self.root.compiled(
            dialect, request, "all", lambda compiler: compiler.connection_of_all(definition, selection)
        )
        return await self._read(query, request)

    async def nodes(self, keys: Sequence[NodeKey | None]) -> list[Json]:
        """The rows with those keys, in their order, each null if the caller does not see it."""
        by_row: dict[type[Row], list[int]] = {}
        for row, key in filter(None, keys):
            by_row.setdefault(row, []).append(key)
        queries = [self._rows(row, sorted(set(asked))) for row, asked in by_row.items()]
        try:
            found = await self.reader.read(queries) if queries else []
        except ForeignCursorError as error:
            raise self.root.foreign_cursor(error, queries[0][1]) from None
        answers = dict(zip(by_row, found, strict=True))
        return [_NULL if node is None else _node(answers, node) for node in keys]

    def _rows(self, row: type[Row], keys: Sequence[int]) -> tuple[CompiledQuery, QueryRequest]:
        request = self.root.request({"keys": keys})
        selection_set = self.root.selection.selection_sets[row.__name__]
        dialect = self.reader.database.dialect
        query = self.root.compiled(
            dialect, request, ("rows", row), lambda compiler: compiler.rows(row, selection_set, granted=True)
        )
        return query, request

    def _check(self, definition: ListDefinition, arguments: PageArguments, *, of_parent: bool) -> None:
        try:
            check_page(definition, arguments, of_parent=of_parent)
        except BadArgument as error:
            raise error.at(self.root.selection.schema_name) from None

    async def _read(self, query: CompiledQuery, request: QueryRequest) -> Json:
        try:
            return Json(await self.reader.read_one(query, request))
        except ForeignCursorError as error:
            raise self.root.foreign_cursor(error, request) from None


def _node(answers: Mapping[type[Row], Answers], node: NodeKey) -> Json:
    row, key = node
    answer = answers[row].get(key)
    return _NULL if answer is None else Json(answer)
