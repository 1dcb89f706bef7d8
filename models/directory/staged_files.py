"""The files in the staging area: rows checked one by one, then against each other."""

from collections.abc import Callable, Iterable, Iterator

from models.directory.files import DirectoryFile, Line, RowRefused
from models.directory.parsing import LONGEST_KEY, Values, group_values, site_values, user_values
from models.directory.staging_area import StagingArea
from models.domain.group_names import clean_name
from models.queries.search_text import storable

Progress = Callable[[str, int, int], None]
"""Called with the step, the rows done and about how many there are."""

_Staged = Iterator[tuple[str, Values]]


async def stage_files(
    staging: StagingArea,
    files: dict[str, DirectoryFile],
    region: str | None,
    progress: Progress,
) -> None:
    """Stage the rows of the files `sites`, `users` and `groups`, the invalid ones as refused.

    Raises FileRefused.
    """
    for name, file in files.items():
        await staging.insert(_staged(name, file, region, progress))
    await staging.create_indexes()
    for name in files:
        await _refuse_unknown_sites(staging, name)
        await _refuse_repeated(staging, name)


def _staged(name: str, file: DirectoryFile, region: str | None, progress: Progress) -> _Staged:
    def report_progress(done: int, whole: int) -> None:
        progress(f"reading {file.path.name}", file.rows, file.rows * whole // max(done, 1))

    parse = {"sites": _site, "users": _user, "groups": _group}[name]
    for row in file.read(report_progress):
        try:
            if row.problem:
                raise RowRefused(row.problem)
            yield from parse(row, region)
        except RowRefused as refusal:
            for user in _possible_keys(row) if name == "users" else (None,):
                yield "refused_rows", (name, row.number, row.line, str(refusal), user, False)


def _possible_keys(row: Line) -> Iterable[str | None]:
    """The user keys that a refused row of users.csv may have; None if it has none."""
    cells = row.cells if row.problem else row.cells[:1]
    keys = {clean_name(cell) for cell in cells if storable(cell)}
    return sorted(key for key in keys if 0 < len(key) <= LONGEST_KEY) or (None,)


def _site(row: Line, region: str | None) -> _Staged:
    yield "staged_sites", (row.number, row.line, *site_values(row.cells, region))


def _user(row: Line, region: str | None) -> _Staged:
    yield "staged_users", (row.number, row.line, *user_values(row.cells, region))


def _group(row: Line, _region: str | None) -> _Staged:
    site, name, members = group_values(row.cells)
    yield "staged_groups", (row.number, row.line, site, name)
    for key in members:
        yield "staged_members", (row.number, key)


async def _refuse_unknown_sites(staging: StagingArea, name: str) -> None:
    if name == "sites":
        return
    condition = (
        f"t.site IN (SELECT d.site FROM (SELECT DISTINCT site FROM staged_{name}) AS d "
        "WHERE d.site NOT IN (SELECT external_id FROM staged_sites) AND d.site NOT IN (SELECT external_id FROM sites))"
    )
    await refuse(staging, name, condition, "there is no such site")


async def _refuse_repeated(staging: StagingArea, name: str) -> None:
    """Of two rows with one key refuse the later; a refused row does not count."""
    if name == "groups":
        return
    condition = (
        f"t.number IN (SELECT later.number FROM staged_{name} AS later JOIN "
        f"(SELECT external_id, min(number) AS first FROM staged_{name} GROUP BY external_id HAVING count(*) > 1) AS d "
        "ON d.external_id = later.external_id WHERE later.number > d.first)"
    )
    await refuse(staging, name, condition, f"an earlier row has the same {name[:-1]}_id")


async def refuse(staging: StagingArea, name: str, condition: str, reason: str) -> None:
    """Refuse the staged rows t that meet the condition."""
    user = "t.external_id" if name == "users" else "NULL"
    before = await staging.count("refused_rows")
    await staging.fetch(
        f"INSERT INTO refused_rows SELECT '{name}', t.number, t.line, '{reason}', {user}, FALSE "
        f"FROM staged_{name} AS t WHERE {condition}",
        [],
    )
    if await staging.count("refused_rows") > before:
        await staging.fetch(
            f"DELETE FROM staged_{name} WHERE number IN (SELECT number FROM refused_rows WHERE file = '{name}')", []
        )
