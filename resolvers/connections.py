"""Connections: pages with their edges and nodes, read for all parents of a branch at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.errors import BadInput
from models.queries.pages import Facts, Page, fetch_pages
from models.queries.pagination import Condition, Parent, Window
from models.queries.wanted import Branch, Wanted
from resolvers.reading import Reading, relate, unique


@dataclass(slots=True)
class Edge:
    """A row of a page, under `related`, with its cursor."""

    cursor: str
    related: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageInfo:
    """What lies around a page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Connection:
    """A page of a list, whose edges, nodes and page info stand in `related`."""

    total_count: int
    related: dict[str, Any] = field(default_factory=dict)


def facts_wanted(wanted: Wanted) -> Facts:
    """What must be known of a page for the connection that is wanted."""
    info = frozenset(name for branch in wanted.branch("page_info") for name in branch.wanted.fields)
    return Facts(
        total="total_count" in wanted.fields,
        previous="has_previous_page" in info,
        next="has_next_page" in info,
    )


def nodes_wanted(wanted: Wanted) -> list[Wanted]:
    """What is wanted of the rows of a connection, in each of the ways that lead to them."""
    direct = [branch.wanted for branch in wanted.branch("nodes")]
    return direct + [node.wanted for edges in wanted.branch("edges") for node in edges.wanted.branch("node")]


async def connect(
    reading: Reading,
    window: Window,
    parents: Sequence[Parent],
    wanted: Wanted,
    *,
    sites: Condition | None = None,
) -> dict[Parent, Connection]:
    """The connection of each parent."""
    row = window.listing.row
    columns = row.columns(*nodes_wanted(wanted)) if wanted.branches else None
    pages = await fetch_pages(reading.session, window, parents, columns, facts_wanted(wanted), sites=sites)
    connections = {parent: Connection(page.total) for parent, page in pages.items()}
    for branch in wanted.branch("page_info"):
        for parent, page in pages.items():
            connections[parent].related[branch.key] = _page_info(page)
    for branch in wanted.branch("nodes"):
        for parent, page in pages.items():
            connections[parent].related[branch.key] = [row.view(dict(record)) for record in page.records]
        nodes = [node for connection in connections.values() for node in connection.related[branch.key]]
        await relate(reading, nodes, branch.wanted)
    for branch in wanted.branch("edges"):
        for parent, page in pages.items():
            connections[parent].related[branch.key] = _edges(page, branch)
        edges = [edge for connection in connections.values() for edge in connection.related[branch.key]]
        for node in branch.wanted.branch("node"):
            await relate(reading, [edge.related[node.key] for edge in edges], node.wanted)
    return connections


async def load_connection(
    reading: Reading,
    rows: Sequence[Any],
    branch: Branch,
    window: Window,
    parent_of: Callable[[Any], int],
) -> None:
    """Reads for each row the connection that the branch wants; rows of the same parent share it.

    A cursor is of one parent's list: the rows of the others get the refusal that they would get alone.
    """
    parents: list[Parent] = []
    refused: dict[Parent, BadInput] = {}
    for parent in unique(map(parent_of, rows)):
        try:
            window.places([parent])
        except BadInput as error:
            refused[parent] = error
        else:
            parents.append(parent)
    reading.refused.extend(refused.values())
    connections = await connect(reading, window, parents, branch.wanted)
    for row in rows:
        parent = parent_of(row)
        row.related[branch.key] = refused[parent] if parent in refused else connections[parent]


def _edges(page: Page, branch: Branch) -> list[Edge]:
    row = page.window.listing.row
    return [
        Edge(
            page.cursor(record),
            {node.key: row.view(dict(record)) for node in branch.wanted.branch("node")},
        )
        for record in page.records
    ]


def _page_info(page: Page) -> PageInfo:
    cursors = (page.cursor(page.records[0]), page.cursor(page.records[-1])) if page.records else (None, None)
    return PageInfo(page.has_next, page.has_previous, *cursors)
