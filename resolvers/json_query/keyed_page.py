"""Pages on SQLite that are read once: first the keys of their rows, then the rows.

An index has all that decides which rows a page has and in which order, so a table of their keys is small and quickly
made: one row more than the page, in the order in which it is read. The rows, their number, the cursors at the ends and
what is left to count are all found from it. Compared with a page whose rows are numbered by window functions, the
SQL of W7 of the benchmark takes half of the time for groups, and a third for users.

Like all that is read from a sorted subquery here, a materialized table keeps the order in which it was filled.

SQLite fills such a table anew for each place that reads it if it depends on a row around the list. So this is for lists
whose parent the request names, or that have none; other lists are written by PageSql.
"""

from resolvers.json_query.json_text import Fragments
from resolvers.json_query.page import PageSql
from resolvers.json_query.tree import Writer

_COUNT = "(SELECT count(*) FROM page_keys)"


class KeyedPageSql(PageSql):
    """Writes the SQL of one page by the table `page_keys` of the values of a cursor: `cursor_0` and so on."""

    def __post_init__(self) -> None:
        query, parts = self.query, self.parts
        self.numbered = self.reads_one_more = False
        self.has_rows = parts.rows
        reads_keys = parts.rows or self.asks_for_more or parts.cursors
        self._counts_on = (
            parts.total and reads_keys and query.is_selective and not query.has_index_lookup and not query.is_bounded
        )
        # A list without conditions is read in its order: to find one place again takes less than a table of keys.
        shared = self.asks_for_more or parts.cursors or self._counts_on
        self._has_table = reads_keys if self.sites is not None else self.is_scattered and shared

    def enclosed(self, writer: Writer, fragments: Fragments) -> Fragments:
        tables: list[str] = []
        if self.sites is not None:
            tables.append(f"granted(id) AS MATERIALIZED ({self._site_keys(writer)})")
        if self._has_table:
            columns = ", ".join(f"cursor_{number}" for number in range(len(self.query.order.columns)))
            columns = f"site, {columns}" if self.sites is not None else columns
            tables.append(f"page_keys({columns}) AS MATERIALIZED ({self._keys(writer, self.query.size + 1)})")
        if not tables and not self.has_rows:
            return fragments
        tables_sql = f"WITH RECURSIVE {', '.join(tables)} " if tables else ""
        source = f" FROM {self.rows(writer)} AS {self.row.alias}" if self.has_rows else ""
        return [f"({tables_sql}SELECT {writer.json.join(fragments)}{source})"]

    def rows(self, writer: Writer) -> str:
        size = self.query.size
        keys = f"SELECT * FROM page_keys LIMIT {size}" if self._has_table else self._keys(writer, size)
        if self.query.backward:
            back = self.query.order_by("page.cursor_{number}", reverse=True)
            keys = f"SELECT * FROM ({keys}) AS page ORDER BY {back} LIMIT {size}"
        names = [f"cursor_{number}" for number in range(len(self.query.order.columns))]
        columns = ", ".join([self.row.select_list(), *(f"page.{name} AS {name}" for name in names)])
        return f"(SELECT {columns} FROM ({keys}) AS page CROSS JOIN {self.row.table} ON x.id = page.{names[-1]})"

    def many(self, writer: Writer) -> str:
        return _COUNT if self._has_table else super().many(writer)

    def total(self, writer: Writer) -> str:
        if not self._counts_on:
            return super().total(writer)
        # From the row that is read first after the page: no row is searched twice.
        query = self.query
        following = f"(SELECT cursor_0 FROM page_keys LIMIT 1 OFFSET {query.size})"
        before = f"SELECT count(*) FROM page_keys WHERE cursor_0 IS NOT {following}"
        sign = query.comparison(later=not query.backward)
        place = f"x.{query.order.columns[0][0]} {sign}= {following}"
        rest = f"SELECT count(*) FROM {self.row.table} WHERE {self._list(writer)} AND {place}"
        return f"({before}) + ({self._over_sites(writer, rest)})"

    def end_cursor(self, writer: Writer, *, first: bool) -> str:
        if not self._has_table:
            return super().end_cursor(writer, first=first)
        last = f" OFFSET (SELECT min(count(*), {self.query.size}) - 1 FROM page_keys)"
        keys = f"SELECT * FROM page_keys LIMIT 1{'' if first else last}"
        return f"coalesce({self._cursor_at(writer, keys)}, 'null')"

    def _keys(self, writer: Writer, limit: int) -> str:
        """The keys of the rows of the page, up to a limit, in the order in which it is read."""
        columns, order = self._cursor_columns(), self.query.order_by("x.{column}")
        rows = f"SELECT x.id FROM {self.row.table} WHERE"
        if self.sites is None:
            page = f"WHERE {self._page(writer)} ORDER BY {order} LIMIT {limit}"
            return f"SELECT {columns} FROM {self.row.table} {page}"
        # The first row of each site, and after each row the next one of its site: SQLite takes the first of all that
        # wait, and stops at the limit. So the lists are merged, and little more than the page is read of them.
        first = f"{rows} {self._page(writer)} ORDER BY {order} LIMIT 1"
        start = f"SELECT granted.id, {columns} FROM granted CROSS JOIN {self.row.table} ON x.id = ({first})"
        conditions = [*self._list_conditions(writer, "page_keys.site"), *self._bounds(writer, near=False)]
        (value, _), (key, _) = self.query.order.columns
        merged = self.query.order_by("cursor_{number}")
        sign = self.query.comparison(later=not self.query.backward)
        # Two searches: of both columns at once SQLite would use the first alone, and pass over all rows that tie.
        tied = " AND ".join([*conditions, f"x.{value} = page_keys.cursor_0", f"x.{key} {sign} page_keys.cursor_1"])
        later = " AND ".join([*conditions, f"x.{value} {sign} page_keys.cursor_0"])
        step = ", ".join(f"({rows} {where} ORDER BY {order} LIMIT 1)" for where in (tied, later))
        following = (
            f"SELECT page_keys.site, {columns} FROM page_keys CROSS JOIN {self.row.table} ON x.id = coalesce({step})"
        )
        return f"{start} UNION ALL {following} ORDER BY {merged} LIMIT {limit}"

    def _granted(self, writer: Writer) -> str:
        return "granted"
