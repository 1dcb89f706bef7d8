"""Every stored column of a site, a user and a group comes through export and import.

Whoever adds a column declares it in models/directory/columns.py, or names it here with the reason.
"""

from typing import Any

from models.directory.export import export_directory
from models.directory.import_job import ImportJob, import_directory
from models.pickup_group import PickupGroup
from models.row import Row
from models.site import Site
from models.user import User
from tests.support.databases import TABLES
from tests.support.directory import Directory, commit
from tests.support.every_column import load_rows, make_rows

NOT_IN_FILES: dict[type[Row], dict[str, str]] = {
    Site: {
        "id": "a primary key of this database; files have external_id",
        "revision": "counts the changes of this database",
    },
    User: {
        "id": "a primary key of this database; files have external_id",
        "site_id": "a primary key of this database; compared as the site's external_id",
        "pickup_group_id": "a primary key of this database; compared as the group's name",
    },
    PickupGroup: {
        "id": "a primary key of this database; files have the site and the name",
        "site_id": "a primary key of this database; compared as the site's external_id",
        "version": "counts the changes of this database",
        "created_at": "when the group came into this database",
        "updated_at": "when the group last changed in this database",
    },
}
"""Columns whose values files do not carry, with the reason. All others must be the same after export and import."""

QUERIES: dict[type[Row], str] = {
    Site: "SELECT x.* FROM sites AS x ORDER BY x.external_id",
    User: "SELECT x.*, s.external_id AS site, g.name AS pickup_group FROM users AS x JOIN sites AS s "
    "ON s.id = x.site_id LEFT JOIN pickup_groups AS g ON g.id = x.pickup_group_id ORDER BY x.external_id",
    PickupGroup: "SELECT x.*, s.external_id AS site FROM pickup_groups AS x JOIN sites AS s "
    "ON s.id = x.site_id ORDER BY s.external_id, x.name_key",
}

Stored = dict[type[Row], list[dict[str, Any]]]


async def load_every_column(directory: Directory) -> Stored:
    """Load a directory with a value in every column of some row, and return what is stored."""
    await load_rows(directory, make_rows())
    return await stored(directory)


async def stored(directory: Directory) -> Stored:
    async with directory.database.reading() as session:
        return {row: await session.fetch(sql, []) for row, sql in QUERIES.items()}


async def test_every_stored_column_has_a_value_in_these_tests(directory: Directory) -> None:
    found = await load_every_column(directory)

    for row, records in found.items():
        empty = [name for name in records[0] if not any(record[name] for record in records)]
        assert empty == [], f"columns of {row.table()} without a value: declare it in columns.py"


async def test_every_stored_column_comes_through_export_and_import(directory: Directory, url: str) -> None:
    before = await load_every_column(directory)
    out = directory.folder / "out"
    await export_directory(directory.database, out, excel=True)
    commit(url, *(f"DELETE FROM {table}" for table in TABLES))
    files = (out / "sites.csv", out / "users.csv", out / "groups.csv")

    report = await import_directory(directory.database, ImportJob("import:test", *files))

    after = await stored(directory)
    assert report.refused == 0
    for row, reasons in NOT_IN_FILES.items():
        assert reasons.keys() <= before[row][0].keys()
        for record in (*before[row], *after[row]):
            for name in reasons:
                del record[name]
        assert after[row] == before[row], f"a column of {row.table()} is lost: declare it in columns.py"
