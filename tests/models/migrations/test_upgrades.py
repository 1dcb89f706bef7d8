"""Every earlier schema, with rows in it, brought up to date."""

from typing import Any

import pytest

from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.integrity.check import find_problems
from models.migrations.operations import refolding
from tests.support.databases import TABLES, SharedDatabase
from tests.support.migrations import MIGRATIONS, migrated_to
from tests.support.tables import read_rows, read_schema, refuses, run

Rows = dict[str, list[dict[str, Any]]]

AT = "2026-01-02T03:04:05.000006Z"
ROWS = (
    """INSERT INTO sites (external_id, name, main_number, revision, sort_key, search_key) VALUES
        ('A', 'Ay', '+15145550100', 3, 'ay', 'ay\n+15145550100'), ('B', 'Bee', NULL, 0, 'bee', 'bee')""",
    f"""INSERT INTO pickup_groups (site_id, name, name_key, sort_key, search_key, version, created_at, updated_at)
        VALUES (1, 'Sales', 'sales', 'sales', 'sales', 2, '{AT}', '{AT}')""",
    """INSERT INTO users (external_id, site_id, first_name, last_name, extension, phone_number, email, station_type,
            barge_in_exempt, pickup_group_id, sort_key, extension_key, search_key) VALUES
        ('u1', 1, 'Ann', 'Lee', '007', '+15145550142', 'a@b', 'BASIC', FALSE, 1, 'lee\x01ann', 7,
            'ann\nlee\n007\n+15145550142\na@b'),
        ('u2', 1, 'Bob', 'Lee', NULL, NULL, NULL, 'FAX', TRUE, NULL, 'lee\x01bob', 9223372036854775807,
            'bob\nlee'),
        ('u3', 2, 'Cleo', 'Lee', NULL, NULL, NULL, 'BASIC', FALSE, NULL, 'lee\x01cleo', 9223372036854775807,
            'cleo\nlee')""",
    f"""INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, name_before, name_after,
            added_keys, removed_keys, cleared_keys) VALUES
        (1, 1, 'DIRECTORY_CHANGED', 'me', '{AT}', NULL, NULL, NULL, '[]', '[]', '[]'),
        (1, 2, 'PICKUP_GROUP_CREATED', 'me', '{AT}', 1, NULL, 'Old', '[1]', '[]', '[1]'),
        (1, 3, 'PICKUP_GROUP_RENAMED', 'me', '{AT}', 1, 'Old', 'Sales', '[]', '[]', '[]')""",
)
"""Rows of the first schema that keep every rule: every later one takes them too."""

REFUSED = {
    "users_group_of_same_site": "UPDATE users SET pickup_group_id = 1 WHERE id = 3",
    "users_member_eligible": "UPDATE users SET station_type = 'FAX' WHERE id = 1",
    "users_external_id_key": "UPDATE users SET external_id = 'u2' WHERE id = 1",
    "pickup_groups_name_check": "UPDATE pickup_groups SET name = ''",
    "changes_kind_check": "UPDATE changes SET kind = 'NOTHING'",
    "changes_one_per_revision": "UPDATE changes SET revision = 1",
}


@pytest.fixture
def new(request: pytest.FixtureRequest, empty: str) -> str:
    """The URL of a database of the same kind that was migrated while it was empty."""
    if empty.startswith("sqlite"):
        return f"sqlite://{request.getfixturevalue('sqlite_template')}"
    shared: SharedDatabase = request.getfixturevalue("postgres_database")
    return shared.url


@pytest.fixture
async def new_schema(new: str) -> dict[str, str]:
    async with opened_database(parse_database_url(new)) as database:
        return await read_schema(database)


@pytest.mark.parametrize("migration", MIGRATIONS[:-1])
async def test_upgrade_keeps_rows_and_gives_the_schema_of_a_new_database(
    empty: str, new_schema: dict[str, str], migration: str
) -> None:
    async with migrated_to(empty, migration) as client:
        for sql in ROWS:
            await client.execute_query(sql)
        stored = {table: await client.execute_query_dict(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}

    assert await migrate_database(parse_database_url(empty)) == MIGRATIONS[MIGRATIONS.index(migration) + 1 :]

    async with opened_database(parse_database_url(empty)) as database:
        found = await read_rows(database)
        assert _old_columns(found, stored) == stored
        assert await find_problems(database) == []
        assert await read_schema(database) == new_schema
        for constraint, sql in REFUSED.items():
            await refuses(database, constraint, sql)


OLD_KEYS = (
    """INSERT INTO sites (id, external_id, name, main_number, revision, sort_key, search_key) VALUES
        (1, 'A', 'L’Île–1', '+15145550100', 0, 'l’ile–1', 'l’ile–1\n+15145550100'),
        (2, 'B', 'Bee', NULL, 0, 'bee', 'bee')""",
    f"""INSERT INTO pickup_groups (id, site_id, name, name_key, sort_key, search_key, created_at, updated_at) VALUES
        (1, 1, 'Poste 5–6 7-8', 'poste 5–6 7-8', 'poste 5–6 7-8', 'poste 5–6 7-8\n678', '{AT}', '{AT}'),
        (2, 1, 'O`Brien', 'o`brien', 'o`brien', 'o`brien', '{AT}', '{AT}'),
        (3, 1, 'O’Brien', 'o’brien', 'o’brien', 'o’brien', '{AT}', '{AT}'),
        (4, 1, 'O''Brien', 'o''brien', 'o''brien', 'o''brien', '{AT}', '{AT}')""",
    """INSERT INTO users (id, external_id, site_id, first_name, last_name, extension, phone_number, email, station_type,
            sort_key, extension_key, search_key) VALUES
        (1, 'u1', 1, 'Anne‑Marie', 'Oʼ′‘ʻBrien', '007', '+15145550142', 'a—b@c', 'BASIC',
            'oʼ′‘ʻbrien\x01anne‐marie', 7, 'anne‐marie\noʼ′‘ʻbrien\n007\n+15145550142\na—b@c'),
        (2, 'u2', 1, 'Ann', 'Lee-O''Hara', NULL, NULL, NULL, 'FAX', 'lee-o''hara\x01ann', 9223372036854775807,
            'ann\nlee-o''hara')""",
)
"""Rows as they were stored when each apostrophe and each dash was a character of its own."""

NEW_KEYS = {
    "sites": [("l'ile-1", "l'ile-1\n+15145550100"), ("bee", "bee")],
    "pickup_groups": [("poste 5-6 7-8", "poste 5-6 7-8\n5678"), *[("o'brien", "o'brien")] * 3],
    "users": [
        ("o''''brien\x01anne-marie", "anne-marie\no''''brien\n007\n+15145550142\na-b@c"),
        ("lee-o'hara\x01ann", "ann\nlee-o'hara"),
    ],
}


async def test_upgrade_folds_apostrophes_and_dashes(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refolding, "BATCH", 2)
    async with migrated_to(empty, "m0002_search_of_available_users") as client:
        for sql in OLD_KEYS:
            await client.execute_query(sql)
        stored = {table: await client.execute_query_dict(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}
    url = parse_database_url(empty)

    for _ in range(2):
        await migrate_database(url)

        async with opened_database(url) as database:
            found = await read_rows(database)
            keys = {table: [(row["sort_key"], row["search_key"]) for row in found[table]] for table in NEW_KEYS}
            assert keys == NEW_KEYS
            assert _without_keys(_old_columns(found, stored)) == _without_keys(stored)
            problems = [f"pickup group {key} is stored, but not in the change log" for key in (1, 2, 3, 4)]
            assert await find_problems(database) == problems
            await run(database, "DELETE FROM tortoise_migrations WHERE name LIKE 'm0003%'")


def _old_columns(found: Rows, stored: Rows) -> Rows:
    """The rows with the columns that the earlier schema had."""
    return {
        table: [{name: row[name] for name in old} for row, old in zip(rows, stored[table], strict=True)]
        for table, rows in found.items()
    }


def _without_keys(rows: Rows) -> Rows:
    derived = {"sort_key", "search_key"}
    return {
        table: [{name: value for name, value in row.items() if name not in derived} for row in found]
        for table, found in rows.items()
    }


async def test_migration_that_was_not_recorded_is_made_again_without_a_change(
    empty: str, new_schema: dict[str, str]
) -> None:
    async with migrated_to(empty, MIGRATIONS[-1]) as client:
        for sql in ROWS:
            await client.execute_query(sql)
        await client.execute_query(f"DELETE FROM tortoise_migrations WHERE name = '{MIGRATIONS[-1]}'")

    assert await migrate_database(parse_database_url(empty)) == MIGRATIONS[-1:]

    async with opened_database(parse_database_url(empty)) as database:
        assert await read_schema(database) == new_schema
        assert await find_problems(database) == []
