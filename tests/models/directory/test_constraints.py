"""Constraints of the database that an import breaks: the rows are refused with a reason, and the rest is loaded."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.staging_area import with_single_connection
from models.errors import PickupError
from tests.support.databases import execute
from tests.support.directory import Directory, commit, user

CONSTRAINTS = {
    "users": ("users_short", "length(first_name) <= 5 AND first_name <> 'Max'"),
    "sites": ("sites_short", "length(name) <= 5"),
    "pickup_groups": ("groups_short", "length(name) <= 5"),
}


@pytest.fixture
def strict_url(url: str) -> Iterator[str]:
    """A database with a constraint more on each table, which the import does not know."""
    if url.startswith("sqlite"):
        # SQLite adds no CHECK to a table; a trigger fails in the same way.
        for table, (_, condition) in CONSTRAINTS.items():
            for event in ("INSERT", "UPDATE"):
                new = condition.replace("first_name", "NEW.first_name").replace("(name)", "(NEW.name)")
                commit(
                    url,
                    f"CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} WHEN NOT ({new}) "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are short'); END",
                )
        yield url
        return
    alter = [f"ALTER TABLE {table} {{0}} CONSTRAINT {name}" for table, (name, _) in CONSTRAINTS.items()]
    conditions = [f" CHECK ({condition})" for _, condition in CONSTRAINTS.values()]
    added = [sql.format("ADD") + check for sql, check in zip(alter, conditions, strict=True)]
    asyncio.run(execute(url, *added))
    yield url
    asyncio.run(execute(url, *(sql.format("DROP") for sql in alter)))


@pytest.fixture
async def strict(strict_url: str, tmp_path: Path) -> AsyncIterator[Directory]:
    async with opened_database(with_single_connection(parse_database_url(strict_url))) as database:
        yield Directory(database, tmp_path)


def refusal(directory: Directory, table: str) -> str:
    postgres = directory.database.dialect == "postgres"
    return f"the database refuses it: {f'constraint {CONSTRAINTS[table][0]}' if postgres else f'{table} are short'}"


async def test_new_users_that_break_a_constraint_are_refused(strict: Directory) -> None:
    bad = {3, 4, 17, 39}
    rows = [user(f"u{number}", first="Maximilian" if number in bad else "Ann") for number in range(40)]
    groups = "A,One,u1|u2\nA,Two,u3|u5\nA,Three,u5\n"

    report = await strict.load("A,Ay,\n", "".join(rows), groups)

    reason = refusal(strict, "users")
    assert strict.refused == [
        *(("users.csv", number + 2, reason) for number in sorted(bad)),
        ("groups.csv", 3, "there is no user u3"),
    ]
    assert (report.refused, report.tally.added, report.unchanged) == (5, 36, 0)
    assert await strict.members() == {"u1": "One", "u2": "One", "u5": "Three"}
    rejected = (strict.folder / "users.csv.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[1] == f"u3,A,Maximilian,U3,,,,BASIC,,{reason}"


async def test_changes_that_break_a_constraint_are_refused(strict: Directory) -> None:
    before = user("u1") + user("u2") + user("u3", exempt="yes")
    await strict.load("A,Ay,\nB,Bee,\n", before, "A,One,u1\n")

    report = await strict.load(
        "A,Ay,\nB,Too long,\n", user("u1", first="Zoé") + user("u2", first="Max") + user("u3"), prune=True
    )

    assert strict.refused == [
        ("sites.csv", 3, refusal(strict, "sites")),
        ("users.csv", 3, refusal(strict, "users")),
    ]
    assert (report.tally.changed, report.tally.removed, report.unchanged) == (2, 0, 0)
    assert await strict.ask("SELECT external_id, first_name FROM users ORDER BY 1") == [
        ("u1", "Zoé"),
        ("u2", "Ann"),
        ("u3", "Ann"),
    ]
    assert await strict.exempt() == []
    assert await strict.members() == {"u1": "One"}


async def test_users_and_groups_of_refused_site_are_refused(strict: Directory) -> None:
    await strict.load("A,Too long,\nB,Bee,\n", user("u1") + user("u2", "B"), "A,One,u1\nB,Much too long,u2\nB,Two,u2\n")

    assert strict.refused == [
        ("sites.csv", 2, refusal(strict, "sites")),
        ("users.csv", 2, "there is no such site"),
        ("groups.csv", 2, "there is no such site"),
        ("groups.csv", 3, refusal(strict, "pickup_groups")),
    ]
    assert await strict.ask("SELECT external_id, revision FROM sites") == [("B", 2)]
    assert await strict.members() == {"u2": "Two"}


async def test_dry_run_refuses_rows_that_break_a_constraint(strict: Directory) -> None:
    report = await strict.load("A,Ay,\n", user("u1") + user("u2", first="Max"), dry_run=True)

    assert strict.refused == [("users.csv", 3, refusal(strict, "users"))]
    assert (report.tally.added, report.tally.sites_added) == (1, 1)
    assert await strict.ask("SELECT count(*) FROM users") == [(0,)]


async def test_constraint_that_no_row_breaks_by_itself_is_reported(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\n", "".join(user(f"u{number}") for number in range(6)))
    if url.startswith("sqlite"):
        commit(url, "CREATE TRIGGER keep BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'users are kept'); END")
    else:
        commit(
            url,
            "CREATE TABLE kept (user_id BIGINT CONSTRAINT users_are_kept REFERENCES users (id))",
            "INSERT INTO kept (user_id) SELECT id FROM users",
        )
    try:
        with pytest.raises(PickupError) as refused:
            await directory.load(users="".join(user(f"u{number}") for number in range(5)), prune=True)
    finally:
        if not url.startswith("sqlite"):
            commit(url, "DROP TABLE kept")

    detail = "users are kept" if url.startswith("sqlite") else "constraint users_are_kept"
    assert str(refused.value) == f"The database refuses the import: {detail}."
    assert await directory.ask("SELECT count(*) FROM users") == [(6,)]
