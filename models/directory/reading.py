"""Putting the files on the stage: each row checked by itself, then what only all rows together show."""

from collections.abc import Callable, Iterable, Iterator

from models.directory.files import DirectoryFile, Line, RowRefused
from models.directory.parsing import LONGEST_KEY, Values, group_values, site_values, user_values
from models.directory.staging import Stage
from models.domain.group_names import clean_name
from models.queries.search_text import storable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many rows of it are done, and about how many there are."""

_Staged = Iterator[tuple[str, Values]]


async def read_files(
    stage: Stage,
    files: dict[str, DirectoryFile],
    region: str | None,
    progress: Progress,
) -> None:
    """Puts the rows of the files `sites`, `users` and `groups` on the stage, the bad ones as refused.

    Raises FileRefused.
    """
    for name, file in files.items():
        await stage.put(_staged(name, file, region, progress))
    await stage.make_indexes()
    for name in files:
        await _refuse_unknown_sites(stage, name)
        await _refuse_repeated(stage, name)


def _staged(name: str, file: DirectoryFile, region: str | None, progress: Progress) -> _Staged:
    def tell(done: int, whole: int) -> None:
        progress(f"reading {file.path.name}", file.rows, file.rows * whole // max(done, 1))

    parse = {"sites": _site, "users": _user, "groups": _group}[name]
    for row in file.read(tell):
        try:
            if row.fault:
                raise RowRefused(row.fault)
            yield from parse(row, region)
        except RowRefused as refusal:
            for user in _spared(row) if name == "users" else (None,):
                yield "stage_refused", (name, row.number, row.line, str(refusal), user, False)


def _spared(row: Line) -> Iterable[str | None]:
    """The keys of whom a refused row of users.csv may be about; None where it has no key at all."""
    cells = row.cells if row.fault else row.cells[:1]
    keys = {clean_name(cell) for cell in cells if storable(cell)}
    return sorted(key for key in keys if 0 < len(key) <= LONGEST_KEY) or (None,)


def _site(row: Line, region: str | None) -> _Staged:
    yield "stage_sites", (row.number, row.line, *site_values(row.cells, region))


def _user(row: Line, region: str | None) -> _Staged:
    yield "stage_users", (row.number, row.line, *user_values(row.cells, region))


def _group(row: Line, _region: str | None) -> _Staged:
    site, name, members = group_values(row.cells)
    yield "stage_groups", (row.number, row.line, site, name)
    for key in members:
        yield "stage_members", (row.number, key)


async def _refuse_unknown_sites(stage: Stage, name: str) -> None:
    if name == "sites":
        return
    condition = (
        f"t.site IN (SELECT d.site FROM (SELECT DISTINCT site FROM stage_{name}) AS d "
        "WHERE d.site NOT IN (SELECT external_id FROM stage_sites) AND d.site NOT IN (SELECT external_id FROM sites))"
    )
    await refuse(stage, name, condition, "there is no such site")


async def _refuse_repeated(stage: Stage, name: str) -> None:
    """Of two rows with one key the later is refused; a row that is refused has no say in that."""
    if name == "groups":
        return
    condition = (
        f"t.number IN (SELECT later.number FROM stage_{name} AS later JOIN "
        f"(SELECT external_id, min(number) AS first FROM stage_{name} GROUP BY external_id HAVING count(*) > 1) AS d "
        "ON d.external_id = later.external_id WHERE later.number > d.first)"
    )
    await refuse(stage, name, condition, f"an earlier row has the same {name[:-1]}_id")


async def refuse(stage: Stage, name: str, condition: str, reason: str) -> None:
    """Takes the rows t for which the condition holds off the stage, as refused."""
    user = "t.external_id" if name == "users" else "NULL"
    before = await stage.count("stage_refused")
    await stage.fetch(
        f"INSERT INTO stage_refused SELECT '{name}', t.number, t.line, '{reason}', {user}, FALSE "
        f"FROM stage_{name} AS t WHERE {condition}",
        [],
    )
    if await stage.count("stage_refused") > before:
        await stage.fetch(
            f"DELETE FROM stage_{name} WHERE number IN (SELECT number FROM stage_refused WHERE file = '{name}')", []
        )
