"""What a migration can do: on both databases, with rows in the tables, twice, and interrupted."""

from dataclasses import dataclass
from typing import Any

import pytest
from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.migrations.operations import Operation, RunSQL

from models.change import ChangeKind
from models.database.database import Database
from models.migrations.operations.indexes import CreateIndex
from models.migrations.operations.remaking import AllowValues, RemakeTable
from models.migrations.operations.tables import AddColumn
from models.migrations.operations.triggers import CreateConstraintTrigger
from tests.support.factories import make_group, make_site, make_user, make_users
from tests.support.migrations import Interrupt, Interrupted, apply
from tests.support.tables import read_rows, read_schema, refuses, run

ON_SQLITE = pytest.mark.parametrize("empty", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Case:
    """An operation, the statements that work and that fail afterwards, and what it changes in the schema.

    `refused` are pairs of a constraint and a statement; `changed` are the names that the schema has on SQLite and on
    PostgreSQL.
    """

    operation: Operation
    allowed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    changed: dict[str, set[str]]


def insert_change(kind: str) -> str:
    return (
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at) "
        f"VALUES (1, 9, '{kind}', 'ann', '2026-01-01T00:00:00.000000Z')"
    )


NEW_MEMBERS = (
    "INSERT INTO users "
    "(external_id, site_id, first_name, last_name, station_type, pickup_group_id, sort_key, search_key) VALUES "
    "('n1', 1, 'Ann', 'Lee', 'BASIC', 1, 'lee', 'lee'), ('n2', 1, 'Bob', 'Lee', 'BASIC', 1, 'lee', 'lee')"
)
CASES = {
    "column": Case(
        AddColumn(
            "PickupGroup",
            "spare",
            fields.TextField(null=True),
            table="pickup_groups",
            definition="{text} CHECK (spare <> '')",
        ),
        allowed=("UPDATE pickup_groups SET spare = 'Ring the bell'",),
        refused=(("pickup_groups_spare_check", "UPDATE pickup_groups SET spare = ''"),),
        changed={
            "sqlite": {"table pickup_groups"},
            "postgres": {"column pickup_groups.spare", "constraint pickup_groups pickup_groups_spare_check"},
        },
    ),
    "required column": Case(
        AddColumn(
            "User",
            "spare",
            fields.TextField(default="en"),
            table="users",
            definition="{text} NOT NULL DEFAULT 'en' CHECK (spare IN ('en', 'fr'))",
        ),
        allowed=("UPDATE users SET spare = 'fr' WHERE spare = 'en'",),
        refused=(("users_spare_check", "UPDATE users SET spare = 'de'"),),
        changed={
            "sqlite": {"table users"},
            "postgres": {"column users.spare", "constraint users users_spare_check"},
        },
    ),
    "value": Case(
        AllowValues("changes", "kind", [*(kind.value for kind in ChangeKind), "PICKUP_GROUP_NOTED"]),
        allowed=(insert_change("PICKUP_GROUP_NOTED"), "UPDATE changes SET kind = 'DIRECTORY_CHANGED'"),
        refused=(("changes_kind_check", "UPDATE changes SET kind = 'PICKUP_GROUP_MOVED'"),),
        changed={"sqlite": {"table changes"}, "postgres": {"constraint changes changes_kind_check"}},
    ),
    "constraint": Case(
        RemakeTable(
            "pickup_groups",
            sqlite=("length(name) BETWEEN 1 AND 80", "length(name) BETWEEN 1 AND 100"),
            postgres=(
                "ALTER TABLE pickup_groups DROP CONSTRAINT IF EXISTS pickup_groups_name_check, "
                "ADD CONSTRAINT pickup_groups_name_check CHECK (length(name) BETWEEN 1 AND 100)",
            ),
        ),
        allowed=(f"UPDATE pickup_groups SET name = '{'x' * 100}'",),
        refused=(
            ("pickup_groups_name_check", f"UPDATE pickup_groups SET name = '{'x' * 101}'"),
            ("pickup_groups_name_taken", "UPDATE pickup_groups SET name_key = 'sales'"),
            ("users_group_of_same_site", "DELETE FROM pickup_groups WHERE id = 1"),
        ),
        changed={
            "sqlite": {"table pickup_groups"},
            "postgres": {"constraint pickup_groups pickup_groups_name_check"},
        },
    ),
    "index": Case(
        CreateIndex("users_by_email", "users", "(site_id, email) WHERE email IS NOT NULL"),
        allowed=(),
        refused=(),
        changed={"sqlite": {"index users_by_email"}, "postgres": {"index users_by_email"}},
    ),
    "trigger": Case(
        CreateConstraintTrigger(
            "three_at_most",
            "users",
            ["pickup_group_id"],
            when="NEW.pickup_group_id IS NOT NULL",
            broken="(SELECT count(*) FROM users WHERE pickup_group_id = NEW.pickup_group_id) > 3",
        ),
        allowed=("UPDATE users SET pickup_group_id = 1 WHERE id = 3", "UPDATE users SET pickup_group_id = NULL"),
        refused=(
            ("three_at_most", "UPDATE users SET pickup_group_id = 1 WHERE site_id = 1"),
            ("three_at_most", NEW_MEMBERS),
        ),
        changed={
            "sqlite": {"trigger three_at_most", "trigger three_at_most_of_new"},
            "postgres": {"trigger three_at_most", "function three_at_most", "constraint users three_at_most"},
        },
    ),
}


async def fill(database: Database) -> None:
    """Two sites; groups 1 and 2, the first with users 1 and 2, with 3 and 4 beside it; a change; gone: group 3."""
    site, _ = await make_site(), await make_site()
    group, _ = await make_group(site), await make_group(site, "Other")
    await make_users(site, 2, group=group)
    await make_users(site, 2)
    await run(database, insert_change("DIRECTORY_CHANGED").replace("9", "1", 1))
    await (await make_group(site, "Gone")).delete()


def without(rows: dict[str, list[dict[str, Any]]], column: str) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [{name: value for name, value in row.items() if name != column} for row in found]
        for table, found in rows.items()
    }


@pytest.mark.parametrize("name", CASES)
async def test_operation_changes_what_it_names_and_keeps_the_rows(own_database: Database, name: str) -> None:
    case = CASES[name]
    await fill(own_database)
    schema, rows = await read_schema(own_database), await read_rows(own_database)

    for _ in range(2):
        await apply(own_database, case.operation)

        after = await read_schema(own_database)
        changed = {name for name in schema | after if schema.get(name) != after.get(name)}
        assert changed == case.changed[own_database.dialect]
        assert without(await read_rows(own_database), getattr(case.operation, "name", "")) == rows


@pytest.mark.parametrize("name", CASES)
async def test_operation_holds_its_rule(own_database: Database, name: str) -> None:
    await fill(own_database)
    await apply(own_database, CASES[name].operation)

    for constraint, sql in CASES[name].refused:
        await refuses(own_database, constraint, sql)
    for sql in CASES[name].allowed:
        await run(own_database, sql)


@pytest.mark.parametrize("name", CASES)
async def test_interrupted_operation_changes_nothing_and_can_run_again(own_database: Database, name: str) -> None:
    case = CASES[name]
    await fill(own_database)
    schema, rows = await read_schema(own_database), await read_rows(own_database)

    with pytest.raises(Interrupted):
        await apply(own_database, case.operation, Interrupt())

    assert await read_schema(own_database) == schema
    assert await read_rows(own_database) == rows
    await refuses(own_database, "users_group_of_same_site", "UPDATE users SET pickup_group_id = 99 WHERE id = 1")
    await apply(own_database, case.operation)
    assert await read_schema(own_database) != schema


def remake_users() -> RemakeTable:
    return RemakeTable("users", sqlite=("CHECK (external_id <> '')", "CHECK (external_id > '')"), postgres=())


@ON_SQLITE
async def test_remade_table_keeps_what_hangs_on_it(own_database: Database) -> None:
    await fill(own_database)
    for sql in (
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE)",
        "CREATE TRIGGER of_users AFTER UPDATE ON users BEGIN UPDATE notes SET user_id = user_id; END",
        "CREATE TRIGGER of_notes AFTER DELETE ON notes BEGIN UPDATE users SET email = 'x' WHERE id = OLD.user_id; END",
        "CREATE VIEW addresses AS SELECT email FROM users",
        "INSERT INTO notes (id, user_id) VALUES (1, 1), (2, 3)",
        "DELETE FROM users WHERE id = 4",
    ):
        await run(own_database, sql)
    schema, rows = await read_schema(own_database), await read_rows(own_database, "users", "notes")

    await apply(own_database, remake_users())

    after = await read_schema(own_database)
    assert {name for name in schema | after if schema.get(name) != after.get(name)} == {"table users"}
    assert await read_rows(own_database, "users", "notes") == rows
    assert (await make_user(await make_site())).key == 5
    await run(own_database, "DELETE FROM users WHERE id = 3")
    assert await read_rows(own_database, "notes") == {"notes": [{"id": 1, "user_id": 1}]}


@ON_SQLITE
@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("pickup_groups", "length(name) BETWEEN 1 AND 80", "length(name) BETWEEN 1 AND 4"),
        ("changes", "site_id BIGINT NOT NULL REFERENCES sites", "site_id BIGINT NOT NULL REFERENCES pickup_groups"),
    ],
)
async def test_remade_table_refuses_stored_rows_that_break_it(
    own_database: Database, table: str, before: str, after: str
) -> None:
    await fill(own_database)
    await run(own_database, "UPDATE changes SET site_id = 2")
    await run(own_database, "DELETE FROM pickup_groups WHERE id = 2")
    schema, rows = await read_schema(own_database), await read_rows(own_database)

    with pytest.raises(IntegrityError):
        await apply(own_database, RemakeTable(table, sqlite=(before, after), postgres=()))

    assert await read_schema(own_database) == schema
    assert await read_rows(own_database) == rows


@ON_SQLITE
@pytest.mark.parametrize(
    "operation",
    [
        RemakeTable("users", sqlite=("CHECK (nothing)", "CHECK (anything)"), postgres=()),
        RemakeTable("users", sqlite=("NOT NULL", "NULL"), postgres=()),
        AllowValues("users", "email", ["a@example.com"]),
    ],
)
async def test_remade_table_must_hold_what_is_replaced_once(own_database: Database, operation: Operation) -> None:
    with pytest.raises(ValueError, match=r"definition of users|0 lists of values for users\.email"):
        await apply(own_database, operation)


@ON_SQLITE
async def test_row_that_dangled_before_does_not_stop_a_migration(own_database: Database) -> None:
    await fill(own_database)
    await run(own_database, "PRAGMA foreign_keys = OFF")
    await run(own_database, "UPDATE users SET pickup_group_id = 99 WHERE id = 1")

    await apply(own_database, remake_users())

    with pytest.raises(IntegrityError, match="a row of users refers to a missing row of pickup_groups"):
        await apply(own_database, RunSQL("UPDATE users SET pickup_group_id = 99 WHERE id = 2"))


async def test_statements_of_a_migration_are_undone_with_it(own_database: Database) -> None:
    await fill(own_database)
    rows = await read_rows(own_database)

    with pytest.raises(Interrupted):
        await apply(own_database, RunSQL("UPDATE users SET email = 'x'; UPDATE sites SET name = 'x'"), Interrupt())

    assert await read_rows(own_database) == rows


@ON_SQLITE
@pytest.mark.parametrize("analyzed", [True, False])
async def test_table_with_statistics_has_them_for_a_new_index(own_database: Database, analyzed: bool) -> None:
    await fill(own_database)
    if analyzed:
        await run(own_database, "ANALYZE")

    await apply(own_database, remake_users(), CreateIndex("users_by_station", "users", "(station_type)"))

    found = await run(own_database, "SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")
    assert bool(found) == analyzed
    if analyzed:
        records = await run(own_database, "SELECT idx FROM sqlite_stat1 WHERE tbl = 'users'")
        assert {"users_by_station", "users_by_name"} <= {record["idx"] for record in records}


async def test_index_may_be_for_one_database(own_database: Database) -> None:
    await apply(
        own_database,
        CreateIndex("for_sqlite", "users", "(email)", only="sqlite"),
        CreateIndex("for_postgres", "users", "(email)", only="postgres"),
    )

    assert {name for name in await read_schema(own_database) if "for_" in name} == {f"index for_{own_database.dialect}"}
