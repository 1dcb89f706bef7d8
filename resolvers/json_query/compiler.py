"""The compiler: a selection becomes a tree, and the tree becomes SQL that returns JSON.

One statement answers a whole root field, but for two kinds of fields. SQLite's parser has a stack of fixed size,
which five to six rows within rows fill; and a list below a row that many rows share would be read once for each of
them. There the statement leaves a marker with the key, and a follow-up statement reads the fragments for the distinct
keys, which `execution` puts in their places. So the number of statements depends on the document alone.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from models.errors import BadArgument
from models.queries.arguments import PageArguments
from models.queries.filters import Condition
from models.queries.grants import GRANTED_SITES, visible
from models.queries.pagination import ListDefinition, PageQuery, ReadArguments
from models.queries.request import Keys, RequestParameter, RequestStatement, key_parameter
from models.queries.statement import Dialect
from models.row import Row
from resolvers.json_query.compiled_query import ANSWER, FOLLOW_UP_KEYS, GIVEN, KEY, CompiledQuery
from resolvers.json_query.connection import (
    ConnectionNode,
    CursorNode,
    EndCursorNode,
    HasPageNode,
    ItemsNode,
    TotalCountNode,
)
from resolvers.json_query.keyed_page import KeyedPageSql
from resolvers.json_query.page import PageParts, PageSql, ParentKey
from resolvers.json_query.row_type import ROW_TYPES, Scalar, ToMany, ToOne
from resolvers.json_query.selection import TYPENAME, FieldSelection, SelectionSet
from resolvers.json_query.tree import (
    GivenIdNode,
    JsonNode,
    KeyCondition,
    LiteralNode,
    MarkerNode,
    ObjectNode,
    RowListNode,
    RowNode,
    RowSource,
    ScalarNode,
    TypeNameNode,
    Writer,
)

MAX_DEPTH = 3
"""Rows around a row in one statement: SQLite 3.40 parses the worst shape with four rows around one, and no more."""

EVERY_SITE = Condition(lambda _: "TRUE")


class Compiler:
    """Compiles one query for callers like this one: with a grant of some sites, or of all.

    `arguments` shape the SQL; their values are read from each request. Raises BadArgument.
    """

    def __init__(self, dialect: Dialect, arguments: Sequence[PageArguments], *, granted_all: bool) -> None:
        self._dialect: Dialect = dialect
        self._arguments = arguments
        self._granted_all = granted_all
        self._markers = 0
        self._waiting: deque[Callable[[], RequestStatement]] = deque()

    def row(self, row: type[Row], selection_set: SelectionSet) -> CompiledQuery:
        """One row by the key `key`, if it is granted; null if there is none."""
        key = key_parameter("key")
        return self._query(self._row(RowSource(ROW_TYPES[row], 0, key), key, selection_set, granted=True))

    def rows(self, row: type[Row], selection_set: SelectionSet, *, granted: bool) -> CompiledQuery:
        """The rows with the keys `keys`: a record with `key` and `answer` for each that exists."""
        return self._compiled(self._rows(row, selection_set, "keys", granted=granted))

    def connection(self, definition: ListDefinition, field: FieldSelection) -> CompiledQuery:
        """A list that belongs to the site with the key `parent`."""
        named = key_parameter("parent")
        parent = ParentKey(named=named, is_granted=self._granted_all)
        return self._query(self._connection(definition, field, 0, parent))

    def connection_of_all(self, definition: ListDefinition, field: FieldSelection) -> CompiledQuery:
        """A list over everything that the caller may see."""
        if not definition.parent:
            conditions = [] if self._granted_all else [visible("id")]
            return self._query(self._connection(definition, field, 0, None, conditions))
        sites, conditions = None if self._granted_all else GRANTED_SITES, []
        if self._dialect == "sqlite":
            query = self._page_query(definition, field, of_parent=False)
            if query.has_index_lookup:
                # Its few rows are looked up once, not once for each site.
                sites, conditions = None, [] if self._granted_all else [visible("site_id", after_lookup=True)]
            elif query.is_selective and self._granted_all:
                # The index that has all that search and filter compare goes by site.
                sites = EVERY_SITE
        return self._query(self._connection(definition, field, 0, None, conditions, sites))

    def changes_after(self, row: type[Row], selection_set: SelectionSet, limit: int) -> CompiledQuery:
        """The first changes of the site `site` after the revision `revision`; the key of each is its revision."""
        writer = Writer(self._dialect)
        source = RowSource(ROW_TYPES[row], 0, in_list=True)
        revision = source.column("revision")
        json = writer.json.join(self._object(source, selection_set).to_sql(writer))
        site, after = writer.statement.bind(key_parameter("site")), writer.statement.bind(key_parameter("revision"))
        conditions = [f"x.site_id = {site}", f"x.revision > {after}"]
        if not self._granted_all:
            conditions.append(visible("site_id").write(writer.statement))
        rows = (
            f"SELECT {source.select_list()} FROM {source.table} WHERE {' AND '.join(conditions)} "
            f"ORDER BY x.revision LIMIT {limit}"
        )
        sql = f"SELECT {revision} AS {KEY}, {json} AS {ANSWER} FROM ({rows}) AS {source.alias} ORDER BY 1"
        return self._compiled(writer.statement.compile(sql))

    def payload(
        self, selection_set: SelectionSet, type_name: str, keys: Mapping[str, Keys], rows: Mapping[str, type[Row]]
    ) -> CompiledQuery:
        """A mutation's payload, given the keys that its fields lead to.

        `rows` are the models of these fields. Any other field is left to a marker of the number GIVEN, whose key is its
        response key.
        """
        entries: list[tuple[str, JsonNode]] = []
        for field in selection_set.fields:
            if field.name == TYPENAME:
                entries.append((field.response_key, TypeNameNode(type_name)))
            elif field.name in keys:
                entries.append((field.response_key, self._given(field, keys[field.name], rows)))
            else:
                entries.append((field.response_key, MarkerNode(GIVEN, f"'{field.response_key}'")))
        return self._query(ObjectNode(entries))

    def _given(self, field: FieldSelection, keys: Keys, rows: Mapping[str, type[Row]]) -> JsonNode:
        if not keys:
            return LiteralNode("null" if keys is None else "[]")
        parameter, row = key_parameter(field.name), rows[field.name]
        if not field.selection_sets:
            return GivenIdNode(row.__name__, parameter)
        if isinstance(keys, int):
            source = RowSource(ROW_TYPES[row], 0, parameter)
            return self._row(source, parameter, field.selection_set, granted=False)
        source = RowSource(ROW_TYPES[row], 0, in_list=True)
        return RowListNode(source, parameter, self._object(source, field.selection_set))

    def _query(self, node: JsonNode) -> CompiledQuery:
        writer = Writer(self._dialect)
        json = writer.json.join(node.to_sql(writer))
        return self._compiled(writer.statement.compile(f"SELECT {json} AS {ANSWER}"))

    def _compiled(self, statement: RequestStatement) -> CompiledQuery:
        follow_ups = []
        while self._waiting:
            follow_ups.append(self._waiting.popleft()())
        return CompiledQuery(statement, follow_ups)

    def _row(
        self, source: RowSource, key: str | RequestParameter, selection_set: SelectionSet, *, granted: bool
    ) -> RowNode:
        grant = visible(source.row_type.site_column) if granted and not self._granted_all else None
        return RowNode(source, KeyCondition(key, grant), self._object(source, selection_set))

    def _rows(self, row: type[Row], selection_set: SelectionSet, keys: str, *, granted: bool) -> RequestStatement:
        writer = Writer(self._dialect)
        source = RowSource(ROW_TYPES[row], 0, in_list=True)
        key = source.column("key")
        json = writer.json.join(self._object(source, selection_set).to_sql(writer))
        condition = f"x.id IN {writer.statement.keys(key_parameter(keys))}"
        if granted and not self._granted_all:
            condition += f" AND {visible(source.row_type.site_column).write(writer.statement)}"
        rows = f"(SELECT {source.select_list()} FROM {source.table} WHERE {condition}) AS {source.alias}"
        return writer.statement.compile(f"SELECT {key} AS {KEY}, {json} AS {ANSWER} FROM {rows}")

    def _object(self, source: RowSource, selection_set: SelectionSet) -> ObjectNode:
        return ObjectNode([(field.response_key, self._field(source, field)) for field in selection_set.fields])

    def _field(self, source: RowSource, field: FieldSelection) -> JsonNode:
        if field.name == TYPENAME:
            return TypeNameNode(source.row_type.name)
        declared = source.row_type.field(field.name)
        if isinstance(declared, Scalar):
            return ScalarNode(source.column(field.name), declared)
        if isinstance(declared, ToOne):
            return self._to_one(source, declared, field)
        return self._to_many(source, declared, field)

    def _to_one(self, source: RowSource, declared: ToOne, field: FieldSelection) -> JsonNode:
        key = source.column(declared.column)
        if source.depth == MAX_DEPTH:
            return self._follow_up(
                key, lambda: self._rows(declared.row, field.selection_set, FOLLOW_UP_KEYS, granted=False)
            )
        below = RowSource(ROW_TYPES[declared.row], source.depth + 1, shared=source.in_list or source.shared)
        return self._row(below, key, field.selection_set, granted=False)

    def _to_many(self, source: RowSource, declared: ToMany, field: FieldSelection) -> JsonNode:
        key = source.column(declared.column)
        shared = source.shared or (source.in_list and declared.column != "key")
        if shared or source.depth == MAX_DEPTH:
            # Checked now: a wrong argument is found before anything is read.
            self._page_query(declared.definition, field, of_parent=True)
            return self._follow_up(key, lambda: self._connections(declared.definition, field))
        if source.key is None:
            parent = ParentKey(key)
        elif declared.column == "key":
            parent = ParentKey(key, source.key)
        else:
            column = source.row_type.sql(declared.column)
            parent = ParentKey(key, looked_up=(f"SELECT {column} FROM {source.table} WHERE x.id =", source.key))
        return self._connection(declared.definition, field, source.depth + 1, parent)

    def _connections(self, definition: ListDefinition, field: FieldSelection) -> RequestStatement:
        """The lists that belong to the rows with the keys of a follow-up."""
        writer = Writer(self._dialect)
        node = self._connection(definition, field, 0, ParentKey("listed.key"))
        json = writer.json.join(node.to_sql(writer))
        listed = writer.statement.listed(key_parameter(FOLLOW_UP_KEYS))
        return writer.statement.compile(f"SELECT listed.key AS {KEY}, {json} AS {ANSWER} FROM {listed}")

    def _follow_up(self, key: str, write: Callable[[], RequestStatement]) -> MarkerNode:
        self._waiting.append(write)
        self._markers += 1
        return MarkerNode(self._markers, key)

    def _page_query(
        self,
        definition: ListDefinition,
        field: FieldSelection,
        *,
        of_parent: bool,
        conditions: Sequence[Condition] = (),
    ) -> PageQuery:
        assert field.arguments is not None
        arguments, read = self._arguments[field.arguments], _reader(field.arguments)
        try:
            return PageQuery(definition, arguments, read, of_parent=of_parent, conditions=conditions)
        except BadArgument as error:
            raise error.at(field.schema_name) from None

    def _connection(
        self,
        definition: ListDefinition,
        field: FieldSelection,
        depth: int,
        parent: ParentKey | None,
        conditions: Sequence[Condition] = (),
        sites: Condition | None = None,
    ) -> ConnectionNode:
        query = self._page_query(definition, field, of_parent=parent is not None, conditions=conditions)
        source = RowSource(ROW_TYPES[definition.row], depth, in_list=True)
        is_keyed = self._dialect == "sqlite" and (parent is None or parent.is_fixed)
        write_page = KeyedPageSql if is_keyed else PageSql
        page = write_page(source, query, parent, PageParts.of(field.selection_set), sites)
        assert field.arguments is not None
        entries = [(part.response_key, self._part(page, field.type_name, part)) for part in field.selection_set.fields]
        return ConnectionNode(page, entries, field.arguments)

    def _part(self, page: PageSql, type_name: str, field: FieldSelection) -> JsonNode:
        match field.name:
            case "total_count":
                return TotalCountNode(page)
            case "nodes":
                return ItemsNode(page, self._object(page.row, field.selection_set))
            case "edges":
                return ItemsNode(page, self._edge(page, field))
            case "page_info":
                entries = [(part.response_key, _page_info(page, part)) for part in field.selection_set.fields]
                return ObjectNode(entries)
        return TypeNameNode(type_name)

    def _edge(self, page: PageSql, edges: FieldSelection) -> ObjectNode:
        entries: list[tuple[str, JsonNode]] = []
        for field in edges.selection_set.fields:
            if field.name == "node":
                entries.append((field.response_key, self._object(page.row, field.selection_set)))
            elif field.name == "cursor":
                entries.append((field.response_key, CursorNode(page)))
            else:
                entries.append((field.response_key, TypeNameNode(edges.type_name)))
        return ObjectNode(entries)


def _page_info(page: PageSql, field: FieldSelection) -> JsonNode:
    match field.name:
        case "has_next_page" | "has_previous_page":
            return HasPageNode(page, later=field.name == "has_next_page")
        case "start_cursor" | "end_cursor":
            return EndCursorNode(page, start=field.name == "start_cursor")
    return TypeNameNode("PageInfo")


def _reader(number: int) -> ReadArguments:
    return lambda request: request.arguments[number]
