"""Connections: the nodes of what is selected of one page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.json_query.json_text import Entry, Fragments, JsonLiteral
from resolvers.json_query.page import PageSql
from resolvers.json_query.tree import JsonNode, ObjectNode, Writer


@dataclass(frozen=True, slots=True)
class ConnectionNode:
    """A connection: one page of a list. `arguments` is the number of its arguments in the request."""

    page: PageSql
    entries: Sequence[tuple[str, JsonNode]]
    arguments: int

    def to_sql(self, writer: Writer) -> Fragments:
        page = self.page
        entries = (Entry(key, node.to_sql(writer)) for key, node in self.entries)
        fragments = page.enclosed(writer, writer.json.object(entries))
        if not page.query.cursor_parents():
            return fragments
        return [page.guarded(writer, writer.json.join(fragments), self.arguments)]


@dataclass(frozen=True, slots=True)
class ItemsNode:
    """`nodes` or `edges`: an object for each row of the page."""

    page: PageSql
    object: ObjectNode

    def to_sql(self, writer: Writer) -> Fragments:
        return writer.json.list(self.object.to_sql(writer), self.page.within)


@dataclass(frozen=True, slots=True)
class CursorNode:
    """The cursor of an edge."""

    page: PageSql

    def to_sql(self, writer: Writer) -> Fragments:
        return self.page.cursor(writer, self.page.row.alias)


@dataclass(frozen=True, slots=True)
class TotalCountNode:
    """How many rows the list has."""

    page: PageSql

    def to_sql(self, writer: Writer) -> Fragments:
        return [writer.json.number(self.page.total(writer))]


@dataclass(frozen=True, slots=True)
class HasPageNode:
    """`hasNextPage` or `hasPreviousPage`: whether the list goes on `later` (or earlier) than the page."""

    page: PageSql
    later: bool

    def to_sql(self, writer: Writer) -> Fragments:
        query = self.page.query
        conditions = [f"{self.page.many(writer)} > {query.size}"] if self.later != query.backward else []
        cursor = query.before if self.later else query.after
        if cursor is not None:
            conditions.append(self.page.exists_at(writer, cursor, later=self.later))
        return [writer.json.boolean(" OR ".join(conditions))] if conditions else [JsonLiteral("false")]


@dataclass(frozen=True, slots=True)
class EndCursorNode:
    """`startCursor` or `endCursor`."""

    page: PageSql
    start: bool

    def to_sql(self, writer: Writer) -> Fragments:
        query = self.page.query
        if query.size == 0:
            return [JsonLiteral("null")]
        return [self.page.end_cursor(writer, first=self.start != query.backward)]
