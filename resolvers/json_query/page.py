"""Pages: the SQL of one page of a list."""

from dataclasses import dataclass

from models.queries.filters import Condition
from models.queries.grants import granted_site
from models.queries.pagination import CursorParameters, PageQuery
from models.queries.request import RequestParameter
from resolvers.json_query.json_text import FOREIGN_CURSOR, Fragments, JsonLiteral, quoted
from resolvers.json_query.selection import SelectionSet
from resolvers.json_query.tree import RowSource, Writer


@dataclass(frozen=True, slots=True)
class ParentKey:
    """The key of the row that a list belongs to: in SQL, or named by the request.

    A key that is named is preferred: PostgreSQL then plans for that row, not for an average one. If it is a column of a
    row that is named, SQLite can look it up: `looked_up` is the SELECT with that row's key.

    If it is not known that it `is_granted`, it is that of a site, and is looked up within the grant before any row of
    the list is read. A condition that is tested on each row would take the longer the more rows a hidden site has: its
    time would say that the site is there.
    """

    sql: str = ""
    named: RequestParameter | None = None
    is_granted: bool = True
    looked_up: tuple[str, RequestParameter] | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same wherever it stands in a statement of SQLite."""
        return self.named is not None or self.looked_up is not None

    def to_sql(self, writer: Writer) -> str:
        return self.sql if self.named is None else writer.statement.number(self.named)

    def list_conditions(self, writer: Writer, query: PageQuery) -> list[str]:
        """The conditions that a row is of this list, and that the caller may see it."""
        statement, key = writer.statement, self.to_sql(writer)
        if self.looked_up is not None and writer.dialect == "sqlite":
            select, row_key = self.looked_up
            key = f"({select} {statement.bind(row_key)})"
        if self.is_granted:
            return [query.parent_condition(statement, key)]
        site = granted_site(statement, key)
        if writer.dialect == "sqlite":
            # It tests a subquery among the conditions after it has found a row.
            return [query.parent_condition(statement, f"({site})")]
        return [query.parent_condition(statement, key), f"EXISTS ({site})"]


@dataclass(frozen=True, slots=True)
class PageParts:
    """What is selected of a page: each part may cost something."""

    rows: bool
    total: bool
    has_previous: bool
    has_next: bool
    cursors: bool

    @classmethod
    def of(cls, selection_set: SelectionSet) -> "PageParts":
        info = {field.name for info in selection_set.named("page_info") for field in info.selection_set.fields}
        return cls(
            rows=any(field.name in ("nodes", "edges") for field in selection_set.fields),
            total=any(field.name == "total_count" for field in selection_set.fields),
            has_previous="has_previous_page" in info,
            has_next="has_next_page" in info,
            cursors=not info.isdisjoint(("start_cursor", "end_cursor")),
        )


@dataclass(eq=False)
class PageSql:
    """Writes the SQL of one page, whose rows have the name `row.alias`.

    The row in the table is x. The rows of the page have the values of a cursor, `cursor_0` and so on; if anything
    depends on it also a number `n`, counted from 1 in the order in which they are read, and their number `many`.

    `sites`, a condition on the table sites, makes one list of the lists of those sites: the first rows of each are
    read, and of these the first again. That is how a caller's list over all granted sites uses the index of each.
    """

    row: RowSource
    query: PageQuery
    parent: ParentKey | None
    parts: PageParts
    sites: Condition | None

    def __post_init__(self) -> None:
        ends = self.parts.cursors and self.query.size > 0
        # With conditions that leave few rows of many, numbering the rows costs less than looking for them again.
        self.numbered = (self.asks_for_more or ends) and (self.is_scattered or self.sites is not None)
        self.reads_one_more = self.numbered and self.asks_for_more
        self.has_rows = self.numbered or self.parts.rows

    @property
    def asks_for_more(self) -> bool:
        """Whether it is selected if the list goes on behind the row that is read last."""
        return self.parts.has_previous if self.query.backward else self.parts.has_next

    @property
    def is_scattered(self) -> bool:
        """Whether conditions leave out rows between those of the page."""
        return self.query.is_selective or bool(self.query.definition.condition)

    @property
    def within(self) -> str:
        """The condition of the rows that are of the page, "" if all are."""
        return f"{self.row.alias}.n <= {self.query.size}" if self.reads_one_more else ""

    def enclosed(self, writer: Writer, fragments: Fragments) -> Fragments:
        """The fragments where they can read the rows of the page."""
        if not self.has_rows:
            return fragments
        return [f"(SELECT {writer.json.join(fragments)} FROM {self.rows(writer)} AS {self.row.alias})"]

    def rows(self, writer: Writer) -> str:
        """The rows of the page, and one more if it is to be known whether there is one."""
        limit = self.query.size + self.reads_one_more
        if self.sites is None:
            rows = self._ordered(writer, f"{self.row.select_list()}, {self._cursor_columns()}", limit)
        else:
            rows = self._merged(writer, limit)
        if self.numbered:
            rows = f"SELECT row_number() OVER () AS n, count(*) OVER () AS many, page.* FROM ({rows}) AS page"
        if self.query.backward:
            # With a limit, since an order without one may be left out of a subquery.
            back = self.query.order_by("page.cursor_{number}", reverse=True)
            rows = f"SELECT * FROM ({rows}) AS page ORDER BY {back} LIMIT {limit}"
        return f"({rows})"

    def total(self, writer: Writer) -> str:
        """How many rows the list has."""
        return self._over_sites(writer, f"SELECT count(*) FROM {self.row.table} WHERE {self._list(writer)}")

    def many(self, writer: Writer) -> str:
        """How many rows the page has, counted up to one more than its size."""
        if self.numbered:
            return f"coalesce(max({self.row.alias}.many), 0)"
        return f"(SELECT count(*) FROM ({self._ordered(writer, '1', self.query.size + 1)}) AS counted)"

    def exists_at(self, writer: Writer, cursor: CursorParameters, *, later: bool) -> str:
        """Whether the list has a row at the cursor, or later (or earlier)."""
        from_cursor = self.query.keyset_condition(writer.statement, cursor, later=later, itself=True)
        # An ordered LIMIT 1, since PostgreSQL reads the whole table for EXISTS.
        first = (
            f"SELECT 1 FROM {self.row.table} WHERE {self._list(writer)} AND {from_cursor} "
            f"ORDER BY {self.query.order_by('x.{column}')} LIMIT 1"
        )
        return f"({self._over_sites(writer, f'SELECT count(*) FROM ({first}) AS found')}) > 0"

    def end_cursor(self, writer: Writer, *, first: bool) -> str:
        """The cursor of the row of the page that is read first or last, as JSON; null for an empty page."""
        if self.numbered:
            row, size = self.row.alias, self.query.size
            last = f"CASE WHEN {row}.many < {size} THEN {row}.many ELSE {size} END"
            cursor = writer.json.join(self.cursor(writer, row))
            return f"coalesce(max(CASE WHEN {row}.n = {1 if first else last} THEN {cursor} END), 'null')"
        columns = self._cursor_columns()
        if first:
            return f"coalesce({self._cursor_at(writer, self._ordered(writer, columns, 1))}, 'null')"
        # The last row of a full page; or else the list ends in this page, and the first row from its end is the last.
        full = self._cursor_at(writer, self._ordered(writer, columns, 1, offset=self.query.size - 1))
        end = self._cursor_at(writer, self._ordered(writer, columns, 1, reverse=True))
        return f"coalesce({full}, {end}, 'null')"

    def cursor(self, writer: Writer, alias: str) -> Fragments:
        """The cursor of a row that is read with its `cursor_` columns under this name."""
        query = self.query
        parent: Fragments = [] if self.parent is None else [self.parent.to_sql(writer)]
        listing = [JsonLiteral(f"{query.definition.name}:"), *parent, JsonLiteral(f":{query.order_name}")]
        values = [(f"{alias}.cursor_{number}", type_) for number, type_ in enumerate(query.order.types)]
        return writer.json.cursor(listing, values)

    def guarded(self, writer: Writer, page: str, number: int) -> str:
        """The page; or, for a cursor that is of another row's list, the mark of the argument that holds it."""
        if self.parent is None:
            return page
        for argument, key in reversed(self.query.cursor_parents()):
            mark = quoted(f"{FOREIGN_CURSOR}{number}:{argument}{FOREIGN_CURSOR}")
            foreign = f"{self.parent.to_sql(writer)} <> {writer.statement.number(key)}"
            page = f"CASE WHEN {foreign} THEN {mark} ELSE {page} END"
        return page

    def _cursor_at(self, writer: Writer, rows: str) -> str:
        return f"(SELECT {writer.json.join(self.cursor(writer, 'edge'))} FROM ({rows}) AS edge)"

    def _cursor_columns(self) -> str:
        columns = enumerate(self.query.order.columns)
        return ", ".join(f"x.{column} AS cursor_{number}" for number, (column, _) in columns)

    def _ordered(self, writer: Writer, columns: str, limit: int, *, offset: int = 0, reverse: bool = False) -> str:
        order = self.query.order_by("x.{column}", reverse=reverse)
        page = f"WHERE {self._page(writer)} ORDER BY {order} LIMIT {limit}"
        if self.sites is None:
            rows = f"SELECT {columns} FROM {self.row.table} {page}"
            return f"{rows} OFFSET {offset}" if offset else rows
        joined = f"CROSS JOIN LATERAL (SELECT {columns} FROM {self.row.table} {page}) AS merged"
        order = self.query.order_by("merged.cursor_{number}", reverse=reverse)
        return f"SELECT merged.* FROM {self._granted(writer)} {joined} ORDER BY {order} LIMIT {limit}"

    def _merged(self, writer: Writer, limit: int) -> str:
        """The rows of the lists of several sites: of each site the cursors alone are read, which an index holds.

        The limit makes PostgreSQL look up one row after the other, and so keep their order.
        """
        names = [f"cursor_{number}" for number in range(len(self.query.order.columns))]
        row = f"SELECT {self.row.select_list()} FROM {self.row.table} WHERE x.id = page.{names[-1]} LIMIT 1"
        columns = ", ".join(f"page.{name}" for name in names)
        keys = self._ordered(writer, self._cursor_columns(), limit)
        return f"SELECT found.*, {columns} FROM ({keys}) AS page CROSS JOIN LATERAL ({row}) AS found"

    def _over_sites(self, writer: Writer, count: str) -> str:
        if self.sites is None:
            return count
        # The sum over no sites is NULL, and that of bigints is numeric on PostgreSQL.
        return f"SELECT CAST(coalesce(sum(({count})), 0) AS BIGINT) FROM {self._granted(writer)}"

    def _granted(self, writer: Writer) -> str:
        return f"({self._site_keys(writer)}) AS granted"

    def _site_keys(self, writer: Writer) -> str:
        assert self.sites is not None
        return f"SELECT sites.id FROM sites WHERE {self.sites.write(writer.statement)}"

    def _list(self, writer: Writer) -> str:
        """The condition of the rows of the list."""
        return " AND ".join(self._list_conditions(writer)) or "TRUE"

    def _page(self, writer: Writer) -> str:
        """The condition of the rows of the list between its cursors."""
        return " AND ".join([*self._list_conditions(writer), *self._bounds(writer)]) or "TRUE"

    def _bounds(self, writer: Writer, *, near: bool = True) -> list[str]:
        """The conditions of the cursors; without that of the end from which the page is read if not `near`."""
        query, conditions = self.query, []
        if query.after is not None and (near or query.backward):
            conditions.append(query.keyset_condition(writer.statement, query.after, later=True))
        if query.before is not None and (near or not query.backward):
            conditions.append(query.keyset_condition(writer.statement, query.before, later=False))
        return conditions

    def _list_conditions(self, writer: Writer, site: str = "granted.id") -> list[str]:
        parent: list[str] = []
        if self.sites is not None:
            parent = [self.query.parent_condition(writer.statement, site)]
        elif self.parent is not None:
            parent = self.parent.list_conditions(writer, self.query)
        return [*parent, *self.query.conditions_of(writer.statement)]
