"""The files in the staging area: rows checked one by one, then against each other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from models.directory.columns import SITES, USERS, FileFormat, RowRefused
from models.directory.directory_file import DirectoryFile, FileRow
from models.directory.staging_area import StagingArea
from models.domain.directory_values import InvalidValueError, clean_key

Progress = Callable[[str, int, int], None]
"""Called with the step, the rows done and about how many there are."""


async def stage_files(
    staging: StagingArea, files: Sequence[DirectoryFile], region: str | None, progress: Progress
) -> None:
    """Stage the rows of the files, the invalid ones as refused. Raises FileRefused."""
    for file in files:
        await staging.insert(_staged_rows(file, region, progress))
    await staging.create_indexes()
    for file in files:
        await refuse_unknown_sites(staging, file.format)
        await _refuse_repeated_keys(staging, file.format)


def _staged_rows(file: DirectoryFile, region: str | None, progress: Progress) -> Iterator[tuple[str, Sequence[Any]]]:
    def report_progress(done: int, total: int) -> None:
        progress(f"reading {file.path.name}", file.rows, file.rows * total // max(done, 1))

    name, members_at = file.format.name, file.format.members_at
    for row in file.read(report_progress):
        try:
            if row.problem:
                raise RowRefused(row.problem)
            values = file.format.parse(row.cells, region)
        except RowRefused as error:
            for key in _possible_keys(row) if file.format is USERS else (None,):
                yield "refused_rows", (name, row.number, row.line, str(error), key, False)
            continue
        members = [] if members_at is None else values.pop(members_at)
        yield f"staged_{name}", (row.number, row.line, *values)
        for key in members:
            yield "staged_members", (row.number, key)


def _possible_keys(row: FileRow) -> Iterable[str | None]:
    """Return the user keys that a refused row of users.csv may have: one, unless its cells are not aligned.

    None stands for no key.
    """
    keys = set()
    for cell in row.cells[:1] if row.aligned else row.cells:
        try:
            keys.add(clean_key(cell))
        except InvalidValueError:
            continue
    return sorted(filter(None, keys)) or (None,)


async def refuse_unknown_sites(staging: StagingArea, file_format: FileFormat) -> None:
    """Refuse the rows whose site is neither stored nor in sites.csv."""
    if file_format is SITES:
        return
    condition = (
        f"t.site IN (SELECT d.site FROM (SELECT DISTINCT site FROM staged_{file_format.name}) AS d "
        "WHERE d.site NOT IN (SELECT external_id FROM staged_sites) AND d.site NOT IN (SELECT external_id FROM sites))"
    )
    await refuse(staging, file_format, condition, "there is no such site")


async def _refuse_repeated_keys(staging: StagingArea, file_format: FileFormat) -> None:
    """Of two rows with one key, refuse the later; a refused row does not count."""
    if file_format.key is None:
        return
    table = f"staged_{file_format.name}"
    condition = (
        f"t.number IN (SELECT later.number FROM {table} AS later JOIN "
        f"(SELECT external_id, min(number) AS first FROM {table} GROUP BY external_id HAVING count(*) > 1) AS d "
        "ON d.external_id = later.external_id WHERE later.number > d.first)"
    )
    await refuse(staging, file_format, condition, file_format.repeated)


async def refuse(staging: StagingArea, file_format: FileFormat, condition: str, reason: str) -> None:
    """Refuse the staged rows t that meet the condition."""
    name = file_format.name
    user = "t.external_id" if file_format is USERS else "NULL"
    statement = staging.statement()
    await staging.fetch(
        f"INSERT INTO refused_rows SELECT '{name}', t.number, t.line, {statement.bind(reason)}, {user}, FALSE "
        f"FROM staged_{name} AS t WHERE {condition}",
        statement.values,
    )
    await staging.fetch(
        f"DELETE FROM staged_{name} WHERE number IN "
        f"(SELECT number FROM refused_rows WHERE file = '{name}' AND NOT planned)",
        [],
    )
