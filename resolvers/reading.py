"""Reading rows with all that is wanted of them: one statement for each branch, however many rows it leads from."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from models.caller import Caller
from models.database.sessions import Session
from models.errors import BadInput
from models.queries.grants import granted
from models.queries.wanted import Branch, Wanted
from models.row import Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Reading:
    """One read on behalf of a caller, within one session.

    `refused` says what was wrong with branches that could not be read; each stands in the place of what was wanted.
    """

    session: Session
    caller: Caller
    refused: list[BadInput] = field(default_factory=list)

    def refuse(self, rows: Iterable[Any], branch: Branch, error: BadInput) -> None:
        self.refused.append(error)
        for row in rows:
            row.related[branch.key] = error


Loader = Callable[[Reading, Sequence[Any], Branch], Awaitable[None]]
"""Reads what a branch wants for all of the rows given, and puts it into their `related` under the branch's key."""

LOADERS: dict[tuple[type, str], Loader] = {}
"""The loaders by the class of the rows that a branch leads from, and its name."""


def loads(parent: type, name: str) -> Callable[[Loader], Loader]:
    """Registers the loader of the branch `name` of the rows of class `parent`."""

    def register(loader: Loader) -> Loader:
        LOADERS[parent, name] = loader
        return loader

    return register


async def relate(reading: Reading, rows: Sequence[Any], wanted: Wanted) -> None:
    """Reads every branch that is wanted of the rows, which are of one class."""
    if not rows:
        return
    for branch in wanted.branches:
        try:
            await LOADERS[type(rows[0]), branch.name](reading, rows, branch)
        except BadInput as error:
            reading.refuse(rows, branch, error)


async def fetch_rows(
    reading: Reading, row: type[R], keys: Iterable[int], wanted: Wanted, *, site_column: str | None
) -> dict[int, R]:
    """The rows with those keys that the caller may see, by key, with all that is wanted of them.

    `site_column` is the column that the grant is held against; None where the keys came from a row that was seen.
    """
    statement = reading.session.statement()
    columns = ", ".join(f"{row.expression(column)} AS {column}" for column in row.columns(wanted))
    conditions = [f"x.id IN {statement.keys(sorted(set(keys)))}"]
    if site_column is not None:
        conditions.append(granted(statement, reading.caller, f"x.{site_column}"))
    sql = f"SELECT {columns} FROM {row.table()} AS x WHERE {' AND '.join(conditions)}"
    found = [row.view(record) for record in await reading.session.fetch(sql, statement.values)]
    await relate(reading, found, wanted)
    return {one.key: one for one in found}


async def load_one(
    reading: Reading,
    parents: Sequence[Any],
    branch: Branch,
    row: type[R],
    key_of: Callable[[Any], int | None],
) -> None:
    """Reads for each parent the one row that its key leads to, None where there is no key or no such row."""
    keys = {key for parent in parents if (key := key_of(parent)) is not None}
    found = await fetch_rows(reading, row, keys, branch.wanted, site_column=None) if keys else {}
    for parent in parents:
        key = key_of(parent)
        parent.related[branch.key] = None if key is None else found.get(key)


def unique(values: Iterable[Hashable]) -> list[Any]:
    """The values without repeats, in their order."""
    return list(dict.fromkeys(values))
