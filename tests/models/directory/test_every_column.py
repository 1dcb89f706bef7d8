"""Each column of the files, and one that a test adds: an import over stored rows changes what is stored, and logs it.

The tests go over `columns.py`, so a new column is covered as soon as it is declared there.
"""

import csv
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.change import ChangeKind
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory import columns
from models.directory.columns import FORMATS, GROUPS, SITES, USERS, Column, FileFormat, Role
from models.directory.export import export_directory
from models.directory.staging_area import with_single_connection
from models.domain.directory_values import parse_name
from models.integrity import stored_rows
from models.integrity.check import find_problems
from models.queries.search_text import fold
from tests.support.directory import Directory
from tests.support.every_column import change_cell, load_rows, make_rows
from tests.support.tables import run

Stored = dict[FileFormat, list[dict[str, Any]]]

CHANGEABLE = [
    pytest.param(file_format, column, id=f"{file_format.name}-{column.name}")
    for file_format in FORMATS
    for column in file_format.columns
    if column.role in (Role.ATTRIBUTE, Role.EXEMPTION, Role.MEMBERS)
]


async def stored(directory: Directory) -> Stored:
    """The last row of each table, by the columns of the files, and the members of the group as its last column."""
    read: Stored = {}
    async with directory.database.reading() as session:
        for file_format, table in ((SITES, "sites"), (USERS, "users"), (GROUPS, "pickup_groups")):
            read[file_format] = await session.fetch(f"SELECT * FROM {table} ORDER BY id", [])
        members = await session.fetch("SELECT external_id FROM users WHERE pickup_group_id IS NOT NULL ORDER BY 1", [])
    read[GROUPS][0]["member_ids"] = [member["external_id"] for member in members]
    return read


async def kinds(directory: Directory) -> list[str]:
    return [kind for (kind,) in await directory.ask("SELECT kind FROM changes ORDER BY revision")]


@pytest.mark.parametrize(("file_format", "column"), CHANGEABLE)
async def test_other_value_is_stored_logged_and_checked(
    directory: Directory, file_format: FileFormat, column: Column
) -> None:
    rows = make_rows()
    await load_rows(directory, rows)
    before, logged = await stored(directory), await kinds(directory)
    change_cell(rows, file_format, column)

    report = await load_rows(directory, rows)

    after = await stored(directory)
    assert report.refused == 0
    assert after[file_format][-1][column.stored_as] != before[file_format][-1][column.stored_as]
    expected = ChangeKind.DIRECTORY_CHANGED
    if file_format is GROUPS:
        expected = column.change or ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED
        assert after[GROUPS][0]["version"] == before[GROUPS][0]["version"] + 1
    assert await kinds(directory) == [*logged, expected.value]
    assert await find_problems(directory.database) == []

    await load_rows(directory, rows)

    assert await stored(directory) == after


NOT_SEARCHED = {"station_type": "a filter chooses by it"}


async def test_text_is_in_the_search_key_unless_it_is_named_here(directory: Directory) -> None:
    await load_rows(directory, make_rows())

    for file_format, records in (await stored(directory)).items():
        texts = [column for column in file_format.columns if column.role in (Role.NAME, Role.ATTRIBUTE)]
        lines = records[-1]["search_key"].split("\n")
        missing = {column.name for column in texts if fold(str(records[-1][column.stored_as])) not in lines}
        assert missing - NOT_SEARCHED.keys() == set()


def test_attribute_of_group_has_its_kind_of_change() -> None:
    assert [column.name for column in GROUPS.stored_attributes if column.change is None] == []


NOTE = Column(
    "note",
    "note",
    lambda cell: parse_name(cell) or None,
    required=False,
    change=ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
)
"""A column that a test adds to groups. Its kind of change is one that `pickup check` takes without names."""


@pytest.fixture
def with_note() -> Iterator[None]:
    """Declares the column NOTE of groups.csv, last in it, as a line of `columns.py` would."""
    before, declared = dict(vars(GROUPS)), replace(GROUPS, columns=(*GROUPS.columns, NOTE))
    vars(GROUPS).clear()
    vars(GROUPS).update(vars(declared))
    columns._parsers.cache_clear()
    yield
    vars(GROUPS).clear()
    vars(GROUPS).update(before)
    columns._parsers.cache_clear()


@pytest.fixture
async def noted(
    empty: str, with_note: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Directory]:
    """A directory whose table of groups has the column."""
    types = next(types for table, types, _ in stored_rows.TABLES if table == "pickup_groups")
    monkeypatch.setitem(types, NOTE.stored_as, (str, type(None)))
    url = parse_database_url(empty)
    await migrate_database(url)
    async with opened_database(with_single_connection(url)) as database:
        await run(database, f"ALTER TABLE pickup_groups ADD COLUMN {NOTE.stored_as} TEXT")
        yield Directory(database, tmp_path)


async def test_declared_column_of_group_is_imported_and_logged(noted: Directory) -> None:
    rows = make_rows()
    await load_rows(noted, rows)
    created = await stored(noted)
    change_cell(rows, GROUPS, NOTE)

    report = await load_rows(noted, rows)

    changed = await stored(noted)
    assert (created[GROUPS][0]["note"], created[GROUPS][0]["version"]) == ("One", 1)
    assert (changed[GROUPS][0]["note"], changed[GROUPS][0]["version"]) == ("Another", 2)
    assert report.tally.groups_changed == 1
    assert (await kinds(noted)).count("PICKUP_GROUP_MEMBERS_CHANGED") == 1
    assert await find_problems(noted.database) == []

    rows[GROUPS][0] |= {"note": "", "member_ids": "u1|u2"}
    report = await load_rows(noted, rows)

    changed = await stored(noted)
    assert (changed[GROUPS][0]["note"], changed[GROUPS][0]["version"]) == (None, 4)
    assert report.tally.groups_changed == 1
    assert (await kinds(noted)).count("PICKUP_GROUP_MEMBERS_CHANGED") == 3
    assert await find_problems(noted.database) == []

    await load_rows(noted, rows)

    assert await stored(noted) == changed


async def test_declared_column_of_group_is_exported_and_emptied_by_an_older_file(noted: Directory) -> None:
    rows = make_rows()
    await load_rows(noted, rows)
    await export_directory(noted.database, noted.folder / "out")
    del rows[GROUPS][0]["note"]

    await load_rows(noted, rows)

    with (noted.folder / "out" / "groups.csv").open(encoding="utf-8", newline="") as file:
        assert [row["note"] for row in csv.DictReader(file)] == ["One"]
    assert (await stored(noted))[GROUPS][0]["note"] is None


async def test_check_reports_invalid_value_of_a_declared_column(noted: Directory) -> None:
    await load_rows(noted, make_rows())

    await run(noted.database, "UPDATE pickup_groups SET note = ' '")

    assert await find_problems(noted.database) == ["pickup group 1 has an invalid note"]
