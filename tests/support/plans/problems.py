"""What is wrong with the plan of a statement, measured against limits."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg

from tests.support.databases import TABLES

Statement = tuple[str, Sequence[Any]]
"""SQL and values as they reach the database; the trace of SQLite has the values in the SQL."""


@dataclass(frozen=True)
class PlanLimits:
    """What a statement may do for the lists that it reads: the rows that a step of its plan may read, and may sort.

    `scan`: whether it may read a table from end to end. `covered`: whether on SQLite it may read indexes alone.
    """

    rows: int
    sorted: int
    lists: int = 1
    scan: bool = False
    covered: bool = False


STEPS_A_PAGE, STEPS_A_ROW, STEPS_AT_ONCE = 1_200, 25, 50
"""Instructions that SQLite needs at most for a short page and for a row, and the number at which they are counted."""


def sqlite_problems(connection: sqlite3.Connection, statement: Statement, limits: PlanLimits) -> Iterator[str]:
    """SQLite does not report how many rows it reads, but it takes some instructions for each."""
    sql, _ = statement
    ticks = count()
    connection.set_progress_handler(lambda: next(ticks) < 0, STEPS_AT_ONCE)
    connection.execute(sql).fetchall()
    connection.set_progress_handler(None, 0)
    if (steps := next(ticks) * STEPS_AT_ONCE) > STEPS_A_PAGE * limits.lists + STEPS_A_ROW * limits.rows:
        yield f"{steps} steps"
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    for _, parent, _, step in plan:
        siblings = (sibling for _, above, _, sibling in plan if above == parent)
        if (
            (_scans_table(step) and not limits.scan)
            or ("TEMP B-TREE" in step and any(map(reads_list, siblings)))
            or (limits.covered and reads_list(step) and "COVERING" not in step)
        ):
            yield step


def _scans_table(step: str) -> bool:
    return step.startswith("SCAN ") and step.split()[1] in {"x", *TABLES} and "INDEX" not in step


def reads_list(step: str) -> bool:
    """Whether it reads more rows of a list than a few that are found one by one."""
    return f"{step} ".startswith(("SEARCH x ", "SCAN x ")) and not step.endswith(("(rowid=?)", "(external_id=?)"))


async def postgres_problems(connection: asyncpg.Connection, statement: Statement, limits: PlanLimits) -> list[str]:
    sql, values = statement
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *values)
    nodes = _walk(json.loads(explained)[0]["Plan"])
    return [problem for node in nodes for problem in _node_problems(node, limits)]


def _node_problems(node: dict[str, Any], limits: PlanLimits) -> Iterator[str]:
    if _source(node) and _rows_read(node) > limits.rows:
        yield f"{_rows_read(node)} rows of {_source(node)}"
    if node["Node Type"] == "Seq Scan" and not limits.scan:
        yield f"a scan of {_source(node)}"
    if node["Node Type"].endswith("Sort"):
        (below,) = node["Plans"]
        if (rows := below["Actual Rows"] * below["Actual Loops"]) > limits.sorted:
            yield f"a sort of {rows} rows"


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _walk(below)


def _source(node: dict[str, Any]) -> str:
    """The index or the table that it reads, "" if it reads from another node."""
    found: str = node.get("Index Name") or node.get("Relation Name", "")
    return found


def _rows_read(node: dict[str, Any]) -> int:
    """Rows that it skipped count too; a search that finds none counts as one."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int(max(sum(node.get(name, 0) for name in names), 1) * node["Actual Loops"])
