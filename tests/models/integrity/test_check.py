"""Checking: every fault that stored data can have is told of in its line, and none stops the search for others."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.database.opening import migrate_database, open_database
from models.database.url import parse_database_url
from models.integrity.check import find_faults
from tests.support.databases import TABLES, database_url, execute

AT = "2026-01-02T03:04:05.000006Z"
SOUND = (
    """INSERT INTO sites (id, external_id, name, main_number, revision, sort_key, search_key) VALUES
        (1, 'A', 'Ay', '+15145550100', 3, 'ay', 'ay\n+15145550100'), (2, 'B', 'Bee', NULL, 0, 'bee', 'bee')""",
    """INSERT INTO users (id, external_id, site_id, first_name, last_name, extension, phone_number, email, station_type,
            barge_in_exempt, pickup_group_id, sort_key, extension_key, search_key) VALUES
        (1, 'u1', 1, 'Ann', 'Lee', '007', '+15145550142', 'a@b', 'BASIC', FALSE, 1, 'lee\x01ann', 7,
            'ann\nlee\n007\n+15145550142\na@b'),
        (2, 'u2', 1, 'Bob', 'Lee', NULL, NULL, NULL, 'FAX', TRUE, NULL, 'lee\x01bob', 9223372036854775807,
            'bob\nlee')""",
    f"""INSERT INTO pickup_groups (id, site_id, name, name_key, sort_key, search_key, version, created_at, updated_at)
        VALUES (1, 1, 'Sales', 'sales', 'sales', 'sales', 2, '{AT}', '{AT}')""",
    f"""INSERT INTO changes (id, site_id, revision, kind, actor, occurred_at, pickup_group_id, name_before, name_after,
            added_keys, removed_keys, cleared_keys) VALUES
        (1, 1, 1, 'DIRECTORY_CHANGED', 'me', '{AT}', NULL, NULL, NULL, '[]', '[]', '[]'),
        (2, 1, 2, 'PICKUP_GROUP_CREATED', 'me', '{AT}', 1, NULL, 'Old', '[1]', '[]', '[1]'),
        (3, 1, 3, 'PICKUP_GROUP_RENAMED', 'me', '{AT}', 1, 'Old', 'Sales', '[]', '[]', '[]')""",
)
ON_SQLITE = pytest.mark.parametrize("loose", ["sqlite"], indirect=True)
LOOSE = tuple(
    statement
    for table in TABLES
    for statement in (
        f"CREATE TABLE loose AS SELECT * FROM {table}",
        f"DROP TABLE {table}{{cascade}}",
        f"ALTER TABLE loose RENAME TO {table}",
    )
)
"""What takes every rule off the tables."""


@pytest.fixture(scope="module")
def loose_postgres(postgres: str | None) -> Iterator[str | None]:
    """The URL of a PostgreSQL database whose tables hold anything."""
    if postgres is None:
        yield None
        return
    name = f"pickup_loose_{os.getpid()}"
    url = database_url(postgres, name)
    asyncio.run(execute(postgres, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    asyncio.run(migrate_database(parse_database_url(url)))
    asyncio.run(execute(url, *(statement.format(cascade=" CASCADE") for statement in LOOSE)))
    yield url
    asyncio.run(execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
def loose(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database whose tables hold anything; what is in them is sound."""
    if request.param == "sqlite":
        path = tmp_path / "pickup.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        change(f"sqlite://{path}", *(statement.format(cascade="") for statement in LOOSE), *SOUND)
        return f"sqlite://{path}"
    found: str | None = request.getfixturevalue("loose_postgres")
    if found is None:
        pytest.skip("no PostgreSQL: install one, or set PICKUP_TEST_POSTGRES_URL")
    change(found, *(f"DELETE FROM {table}" for table in TABLES), *SOUND)
    return found


def change(url: str, *statements: str) -> None:
    """Commits statements past everything that would refuse them."""
    if not url.startswith("sqlite"):
        asyncio.run(execute(url, *statements))
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def faults_after(url: str, *statements: str) -> list[str]:
    async def find() -> list[str]:
        database = await open_database(parse_database_url(url))
        try:
            return await find_faults(database)
        finally:
            await database.close()

    change(url, *statements)
    return asyncio.run(find())


def user_is(what: str) -> str:
    return f"UPDATE users SET {what} WHERE id = 1"


def change_is(number: int, what: str) -> str:
    return f"UPDATE changes SET {what} WHERE id = {number}"


DIFFERS = "pickup group 1 is not what the history says: its name, version or members differ"
UNTOLD = "pickup group 1 is stored, but the history says not so"
NOT_STORED = "pickup group 1 is told of in the history of site 1, but it is not stored there"
NOT_MADE = "site 1, revision 3: a change to a group that was not made"
OTHERWISE = "the group had another name or other members"
GAP = "the 3 changes of site A are not numbered from 1 without a gap"
DERIVED = "user u1 has keys of order or search that are not those of their texts"
OF_ANOTHER_SITE = "user u1 is in a group of another site, or in one that does not exist"


def test_what_is_sound_has_no_fault(loose: str) -> None:
    assert faults_after(loose) == []


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (user_is("extension = 'abc'"), ["user u1 has the extension 'abc', which is not 1 to 15 digits"]),
        (user_is("extension = ''"), ["user u1 has the extension '', which is not 1 to 15 digits"]),
        (user_is("extension = '8'"), [DERIVED]),
        (user_is("phone_number = '123'"), ["user u1 has the phone number 123, which is not in E.164", DERIVED]),
        (user_is("email = 'x'"), ["user u1 has the email x, which is no address", DERIVED]),
        (user_is("first_name = '', last_name = ''"), ["user u1 has no name", DERIVED]),
        (user_is("external_id = '*'"), ["user * has a key that no user can have"]),
        (user_is("external_id = ''"), ["user  has a key that no user can have"]),
        (user_is("external_id = 'a|b'"), ["user a|b has a key that no user can have"]),
        (user_is("external_id = 'u2'"), ["2 users have the key u2"]),
        (user_is("first_name = NULL"), ["the row 1 of users cannot be read: first_name is None"]),
        (user_is("station_type = NULL"), ["the row 1 of users cannot be read: station_type is None"]),
        (
            user_is("station_type = 'PHONE'"),
            ["user u1 is in a group with a station of type PHONE", "user u1 has the unknown station type PHONE"],
        ),
        (user_is("site_id = NULL"), ["the row 1 of users cannot be read: site_id is None"]),
        (user_is("site_id = 9"), [OF_ANOTHER_SITE, "user u1 is of no site"]),
        (user_is("site_id = 2"), [OF_ANOTHER_SITE]),
        (user_is("pickup_group_id = 9"), [OF_ANOTHER_SITE, DIFFERS]),
        (user_is("barge_in_exempt = TRUE"), ["user u1 is in a group and exempt from barge-in"]),
        (user_is("pickup_group_id = NULL"), [DIFFERS]),
        ("UPDATE sites SET external_id = '' WHERE id = 2", ["site  has a key that no site can have"]),
        ("UPDATE sites SET external_id = '*' WHERE id = 2", ["site * has a key that no site can have"]),
        ("UPDATE sites SET external_id = 'a|b' WHERE id = 2", ["site a|b has a key that no site can have"]),
        ("UPDATE sites SET external_id = 'A' WHERE id = 2", ["2 sites have the key A"]),
        ("UPDATE sites SET name = '', sort_key = '', search_key = '' WHERE id = 2", ["site B has no name"]),
        ("UPDATE sites SET name = NULL WHERE id = 2", ["the row 2 of sites cannot be read: name is None"]),
        (
            "UPDATE sites SET main_number = '123', search_key = 'bee\n123' WHERE id = 2",
            ["site B has the main number 123, which is not in E.164"],
        ),
        (
            "UPDATE sites SET sort_key = 'x' WHERE id = 2",
            ["site B has keys of order or search that are not those of its name"],
        ),
        (
            "UPDATE pickup_groups SET name = NULL",
            ["the row 1 of pickup_groups cannot be read: name is None", DIFFERS],
        ),
        ("UPDATE pickup_groups SET name = ' Sales'", ["pickup group 1 has a name that no group can have", DIFFERS]),
        (
            "UPDATE pickup_groups SET name_key = 'x'",
            ["pickup group 1 has keys of order or search that are not those of its name"],
        ),
        ("UPDATE pickup_groups SET created_at = 'zz'", ["pickup group 1 was made or changed at a time that is none"]),
        ("UPDATE pickup_groups SET version = 0", ["pickup group 1 has the version 0", DIFFERS]),
        ("UPDATE pickup_groups SET site_id = 2", [OF_ANOTHER_SITE, UNTOLD, NOT_STORED]),
        ("UPDATE pickup_groups SET site_id = 9", [OF_ANOTHER_SITE, "pickup group 1 is of no site", UNTOLD, NOT_STORED]),
        ("DELETE FROM pickup_groups", [OF_ANOTHER_SITE, NOT_STORED]),
        (
            "INSERT INTO pickup_groups SELECT 2, 1, 'SALES', 'sales', 'sales', 'sales', 1, created_at, updated_at "
            "FROM pickup_groups",
            ["2 pickup groups of site 1 share a name", "pickup group 2 is stored, but the history says not so"],
        ),
    ],
)
def test_a_fault_of_a_site_a_user_or_a_group_is_told_of(loose: str, statement: str, faults: list[str]) -> None:
    assert faults_after(loose, statement) == faults


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (
            "UPDATE sites SET revision = 4 WHERE id = 1",
            ["site A is at revision 4, but has 3 changes, the last of revision 3"],
        ),
        (
            "UPDATE sites SET revision = 1 WHERE id = 2",
            ["site B is at revision 1, but has 0 changes, the last of revision 0"],
        ),
        (change_is(1, "revision = 0"), [GAP]),
        (change_is(1, "revision = -5"), [GAP]),
        (change_is(2, "revision = 1"), [GAP]),
        (change_is(1, "revision = 3"), [GAP]),
        (
            change_is(1, "site_id = 9"),
            [
                "site A is at revision 3, but has 2 changes, the last of revision 3",
                "the 2 changes of site A are not numbered from 1 without a gap",
                "the change stored as 1 is of no site",
            ],
        ),
        (
            change_is(1, "revision = NULL"),
            [GAP, "the change stored as 1 cannot be read: revision is None"],
        ),
        (change_is(1, "occurred_at = 'yesterday'"), ["site 1, revision 1: it happened at yesterday, which is no time"]),
        (change_is(1, "kind = 'OTHER'"), ["site 1, revision 1: a change of the unknown kind OTHER"]),
        (change_is(1, "actor = NULL"), ["the change stored as 1 cannot be read: actor is None"]),
        (change_is(1, "pickup_group_id = 1"), ["site 1, revision 1: a change of the directory that tells of a group"]),
        (change_is(1, "added_keys = '[1]'"), ["site 1, revision 1: a change of the directory that tells of a group"]),
        (change_is(1, "name_after = 'x'"), ["site 1, revision 1: a change of the directory that tells of a group"]),
        (change_is(3, "added_keys = ''"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "removed_keys = '[1'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "cleared_keys = '{}'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "added_keys = '[2, 2]'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "added_keys = '[true]'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (
            change_is(2, "cleared_keys = '[1, 2]'"),
            ["site 1, revision 2: exemptions are cleared of users who did not join"],
        ),
        (
            change_is(2, "pickup_group_id = NULL"),
            ["site 1, revision 2: a change to a group that it does not name", NOT_MADE, UNTOLD],
        ),
        (
            change_is(2, "name_before = 'Older'"),
            [
                "site 1, revision 2: a change of the kind PICKUP_GROUP_CREATED has not these names",
                f"site 1, revision 2: {OTHERWISE}",
            ],
        ),
        (
            change_is(2, "kind = 'PICKUP_GROUP_RENAMED', name_before = 'x'"),
            ["site 1, revision 2: a change to a group that was not made", NOT_MADE, UNTOLD],
        ),
        (change_is(3, "name_before = 'Other'"), [f"site 1, revision 3: {OTHERWISE}"]),
        (change_is(3, "name_after = 'Other'"), [DIFFERS]),
        (change_is(3, "removed_keys = '[2]'"), [f"site 1, revision 3: {OTHERWISE}"]),
        (change_is(3, "added_keys = '[1]'"), [f"site 1, revision 3: {OTHERWISE}"]),
        (change_is(3, "added_keys = '[2]'"), [DIFFERS]),
        (
            change_is(3, "kind = 'PICKUP_GROUP_CREATED', name_before = NULL"),
            ["site 1, revision 3: a group is made that was there", DIFFERS],
        ),
        (
            change_is(3, "kind = 'PICKUP_GROUP_DELETED', name_after = NULL"),
            ["site 1, revision 3: a group is deleted that still had members", UNTOLD],
        ),
        (
            change_is(3, "kind = 'PICKUP_GROUP_DELETED', name_after = NULL, removed_keys = '[1]'"),
            [UNTOLD],
        ),
    ],
)
def test_a_fault_of_the_history_is_told_of(loose: str, statement: str, faults: list[str]) -> None:
    assert faults_after(loose, statement) == faults


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (user_is("barge_in_exempt = 'yes'"), ["the row 1 of users cannot be read: barge_in_exempt is 'yes'"]),
        (
            "UPDATE users SET barge_in_exempt = 7 WHERE id = 2",
            ["user u2 is exempt from barge-in to the degree of 7"],
        ),
        (user_is("first_name = X'ff'"), ["the row 1 of users cannot be read: first_name is b'\\xff'"]),
        (user_is("first_name = CAST(X'ff' AS TEXT)"), ["the row 1 of users cannot be read: a text in it is not UTF-8"]),
        (
            change_is(3, "site_id = 'abc'"),
            [
                "site A is at revision 3, but has 2 changes, the last of revision 2",
                "the change stored as 3 is of no site",
                "the change stored as 3 cannot be read: site_id is 'abc'",
                DIFFERS,
            ],
        ),
    ],
)
def test_what_only_sqlite_holds_is_told_of(loose: str, statement: str, faults: list[str]) -> None:
    assert faults_after(loose, statement) == faults


def test_faults_are_found_in_every_batch(loose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.integrity.check.BATCH", 2)
    more = [
        statement
        for key in range(3, 9)
        for statement in (
            f"INSERT INTO sites (id, external_id, name, revision, sort_key, search_key) "
            f"VALUES ({key}, 'S{key}', 'S', 1, 's', 's')",
            f"INSERT INTO pickup_groups SELECT {key}, {key}, name, name_key, sort_key, search_key, 1, created_at, "
            "updated_at FROM pickup_groups WHERE id = 1",
            f"INSERT INTO changes SELECT {key + 1}, {key}, 1, kind, actor, occurred_at, {key}, name_before, 'Sales', "
            "'[]', '[]', '[]' FROM changes WHERE id = 2",
        )
    ]

    sound = faults_after(loose, *more)
    broken = faults_after(
        loose,
        "UPDATE pickup_groups SET version = 2 WHERE id IN (4, 8)",
        "UPDATE pickup_groups SET site_id = 5 WHERE id = 6",
        "UPDATE users SET email = 'x' WHERE id = 2",
    )

    differ = "is not what the history says: its name, version or members differ"
    assert sound == []
    assert broken == [
        "2 pickup groups of site 5 share a name",
        "user u2 has the email x, which is no address",
        "user u2 has keys of order or search that are not those of their texts",
        f"pickup group 4 {differ}",
        "pickup group 6 is stored, but the history says not so",
        "pickup group 6 is told of in the history of site 6, but it is not stored there",
        f"pickup group 8 {differ}",
    ]
