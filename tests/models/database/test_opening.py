"""Opening a database, and the errors of opening and of migrating, each in one line."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import asyncpg
import pytest
from tortoise.connection import get_connection

from models.database.migrating import migrate_database
from models.database.opening import DatabaseError, one_line_errors, open_database, opened_database
from models.database.url import DatabaseURL, parse_database_url
from tests.support.databases import connected, database_url, execute, free_port


@contextmanager
def as_unprivileged_user() -> Iterator[None]:
    """Become another user if this is root, who may write read-only files."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_database_of_newer_version_is_rejected(empty: str) -> None:
    parsed = parse_database_url(empty)
    await migrate_database(parsed)
    async with opened_database(parsed) as database:
        insert = (
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', 'm9999_future', '2030-01-01')"
        )
        await get_connection(database.dialect).execute_query(insert)

    message = r"^the database is of a newer version \(m9999_future\): install that version of Pickup$"
    with pytest.raises(DatabaseError, match=message):
        await open_database(parsed)
    with pytest.raises(DatabaseError, match=message):
        await migrate_database(parsed)


async def rejections(parsed: DatabaseURL) -> set[str]:
    """The messages of opening and of migrating the database, which both fail."""
    messages = set()
    for attempt in (open_database, migrate_database):
        with pytest.raises(DatabaseError) as raised:
            await attempt(parsed)
        messages.add(str(raised.value))
    assert not any("\n" in message for message in messages)
    return messages


async def test_only_migrate_creates_file(tmp_path: Path) -> None:
    file = tmp_path / "mistyped.sqlite3"

    with pytest.raises(DatabaseError) as raised:
        await open_database(parse_database_url(f"sqlite://{file}"))

    assert str(raised.value) == f"there is no database at {file}: set PICKUP_DATABASE_URL, or run `pickup migrate`"
    assert not file.exists()


async def test_empty_file_is_not_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite3"
    file.touch()

    with pytest.raises(DatabaseError, match=r"^the database is not up to date: run `pickup migrate`$"):
        await open_database(parse_database_url(f"sqlite://{file}"))


async def test_file_that_is_no_database_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary, this is no database. " * 100)

    messages = await rejections(parse_database_url(f"sqlite://{file}"))

    assert messages == {f"the database at {file} cannot be used: file is not a database"}
    assert file.read_text().startswith("Dear diary")


async def test_file_that_cannot_be_opened_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    messages = await rejections(parse_database_url(f"sqlite://{tmp_path / 'folder'}"))

    assert messages == {f"the database at {tmp_path / 'folder'} cannot be used: unable to open database file"}


async def test_file_in_missing_folder_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "pickup.sqlite3"

    with pytest.raises(DatabaseError) as raised:
        await migrate_database(parse_database_url(f"sqlite://{file}"))

    assert str(raised.value) == f"the database at {file} cannot be used: unable to open database file"


@pytest.fixture
def read_only(sqlite_template: Path) -> Iterator[Path]:
    """A read-only database in a read-only folder."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pickup.sqlite3"
        shutil.copyfile(sqlite_template, file)
        file.chmod(0o444)
        Path(folder).chmod(0o555)
        yield file


async def test_file_that_cannot_be_written_is_rejected(read_only: Path) -> None:
    with as_unprivileged_user():
        messages = await rejections(parse_database_url(f"sqlite://{read_only}"))

    assert messages == {f"the database at {read_only} cannot be used: {read_only} cannot be written"}


async def test_file_in_folder_that_cannot_be_written_is_rejected(read_only: Path) -> None:
    if os.geteuid() == 0:
        os.chown(read_only, 65_534, 65_534)
    os.chmod(read_only, 0o644)  # noqa: PTH101 - a Path's would be said to block

    with as_unprivileged_user():
        messages = await rejections(parse_database_url(f"sqlite://{read_only}"))

    assert messages == {f"the database at {read_only} cannot be used: {read_only.parent} cannot be written"}


FOREIGN = "the database has tables of another program (invoices): name one that Pickup has to itself"


@pytest.mark.parametrize("journal_mode", ["DELETE", "WAL"])
@pytest.mark.parametrize(
    "tables",
    [
        ["CREATE TABLE invoices (id INTEGER)", "INSERT INTO invoices (id) VALUES (1)"],
        ["CREATE TABLE users (id INTEGER)", "CREATE VIEW invoices AS SELECT * FROM users"],
        [
            "CREATE TABLE tortoise_migrations (app TEXT, name TEXT)",
            "INSERT INTO tortoise_migrations (app, name) VALUES ('models', '0001_initial')",
            "CREATE TABLE invoices (id INTEGER)",
        ],
    ],
    ids=["other", "same name", "same library"],
)
async def test_file_of_another_program_is_rejected_and_left_as_it_is(
    tmp_path: Path, tables: list[str], journal_mode: str
) -> None:
    file = tmp_path / "theirs.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        for statement in tables:
            connection.execute(statement)
    before = file.read_bytes()

    messages = await rejections(parse_database_url(f"sqlite://{file}"))

    assert messages == {FOREIGN}
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["theirs.sqlite3"]  # noqa: PTH208 - a Path's would be said to block


async def test_file_with_table_of_one_of_our_names_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "theirs.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE users (id INTEGER)")

    (message,) = await rejections(parse_database_url(f"sqlite://{file}"))

    assert message == FOREIGN.replace("invoices", "users")


@pytest.mark.parametrize("empty", ["postgres"], indirect=True)
async def test_postgres_schema_of_another_program_is_rejected_and_left_as_it_is(empty: str) -> None:
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    await execute(empty, "CREATE TABLE invoices (id INTEGER)")

    messages = await rejections(parse_database_url(empty))

    async with connected(empty) as connection:
        found = [record["relname"] for record in await connection.fetch(tables)]

    assert messages == {FOREIGN}
    assert found == ["invoices"]


@pytest.mark.parametrize("empty", ["postgres"], indirect=True)
async def test_postgres_schema_without_tables_is_migrated_beside_one_of_another_program(empty: str) -> None:
    await execute(empty, "CREATE TABLE invoices (id INTEGER)", "CREATE SCHEMA pickup")
    parsed = parse_database_url(f"{empty}?schema=pickup")

    assert await migrate_database(parsed)

    async with opened_database(parsed) as database:
        await database.check()


async def test_postgres_that_cannot_be_reached_is_rejected() -> None:
    port = free_port()

    (message,) = await rejections(parse_database_url(f"postgres://ann:hush@127.0.0.1:{port}/pickup"))

    assert message.startswith(f"the database at 127.0.0.1:{port} cannot be used: ")
    assert "hush" not in message


async def test_postgres_database_that_does_not_exist_is_rejected(postgres: str) -> None:
    messages = await rejections(parse_database_url(database_url(postgres, "pickup_missing")))

    assert all(text.startswith("the database at ") and "pickup_missing" in text for text in messages), messages


@pytest.mark.parametrize(
    "text",
    [
        "unsupported startup parameter: jit",
        'prepared statement "__asyncpg_stmt_1__" already exists\nHINT: disable them',
        'prepared statement "__asyncpg_stmt_1__" does not exist',
    ],
)
def test_error_of_pooler_names_option(text: str) -> None:
    advice = (
        "the database at h:6432 cannot be used: a pooler such as PgBouncer is in front of it: add "
        "statement_cache_size=0 to the URL: NAME?statement_cache_size=0"
    )
    with pytest.raises(DatabaseError) as raised, one_line_errors(parse_database_url("postgres://h:6432/n")):
        raise asyncpg.PostgresError(text)
    assert str(raised.value) == advice

    pooled = parse_database_url("postgres://h:6432/n?statement_cache_size=0")
    with pytest.raises(DatabaseError) as raised, one_line_errors(pooled):
        raise asyncpg.PostgresError(text)
    assert str(raised.value) == f"the database at h:6432 cannot be used: {' '.join(text.split())}"
