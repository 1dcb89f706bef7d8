"""Bringing a database up to date, and every reason why it cannot be opened, told in one line."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import AlterModelOptions

from models.database.database import Database
from models.database.migrating import _migration_lock, migrate_database
from models.database.opening import DatabaseError, open_database, tortoise_config
from models.database.url import DatabaseURL, parse_database_url
from tests.support.databases import connected, database_url, free_port
from tests.support.factories import make_site
from tests.support.serving import PICKUP
from tests.support.sessions import ON_POSTGRES

STEPS = ["m0001_directory", "m0002_search_of_available_users"]


@contextmanager
def as_nobody_special() -> Iterator[None]:
    """Root may write what is read-only: tests that run as root give that up for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_migrate_runs_each_migration_once(empty: str) -> None:
    parsed = parse_database_url(empty)
    with pytest.raises(DatabaseError, match="run `pickup migrate`"):
        await open_database(parsed)

    assert await migrate_database(parsed) == STEPS
    assert await migrate_database(parsed) == []

    database = await open_database(parsed)
    await make_site("works")
    await database.close()


async def test_migrate_keeps_rows(url: str) -> None:
    parsed = parse_database_url(url)
    database = await open_database(parsed)
    await make_site("kept")
    await database.close()

    assert await migrate_database(parsed) == []

    database = await open_database(parsed)
    async with database.reading() as session:
        found = await session.fetch("SELECT name FROM sites", [])
    await database.close()
    assert found == [{"name": "kept"}]


async def test_migrate_completes_interrupted_migration(empty: str) -> None:
    parsed = parse_database_url(empty)
    await migrate_database(parsed)
    database = await open_database(parsed)
    client = get_connection(database.dialect)
    await client.execute_query("DROP TABLE changes")
    await client.execute_query("DROP INDEX users_by_status")
    await client.execute_query("DELETE FROM tortoise_migrations")
    await database.close()

    assert await migrate_database(parsed) == STEPS

    database = await open_database(parsed)
    async with database.reading() as session:
        assert await session.fetch("SELECT id FROM changes", []) == []
    await database.close()


async def test_migrate_in_several_processes_at_once(empty: str) -> None:
    parsed = parse_database_url(empty)
    environment = {**os.environ, "PICKUP_DATABASE_URL": empty}

    running = [
        await asyncio.create_subprocess_exec(
            PICKUP, "migrate", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    ended = [(await process.communicate())[0].decode() for process in running]

    assert [process.returncode for process in running] == [0, 0, 0], ended
    assert await migrate_database(parsed) == []


@ON_POSTGRES
async def test_migrate_holds_advisory_lock_of_transaction(url: str) -> None:
    holders = (
        "SELECT state FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )

    async with connected(url) as watcher:
        async with _migration_lock(parse_database_url(url)):
            during = await watcher.fetch(holders)
        after = await watcher.fetch(holders)

    assert [record["state"] for record in during] == ["idle in transaction"]
    assert after == []


async def test_models_match_migrations(database: Database) -> None:
    apps = Tortoise.apps
    assert apps is not None

    found = await MigrationAutodetector(apps, tortoise_config(database.url)["apps"]).changes()

    # Tortoise takes a model's docstring for a description of its table, which we do not write down there.
    operations = [operation for writer in found for operation in writer.operations]
    assert {type(operation) for operation in operations} <= {AlterModelOptions}
    for operation in operations:
        assert isinstance(operation, AlterModelOptions)
        assert operation.options.keys() == {"table", "app", "pk_attr", "table_description"}


async def test_database_of_newer_version_is_rejected(empty: str) -> None:
    parsed = parse_database_url(empty)
    await migrate_database(parsed)
    database = await open_database(parsed)
    insert = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', 'm9999_future', '2030-01-01')"
    await get_connection(database.dialect).execute_query(insert)
    await database.close()

    said = r"^the database is of a newer version \(m9999_future\): install that version of Pickup$"
    with pytest.raises(DatabaseError, match=said):
        await open_database(parsed)
    with pytest.raises(DatabaseError, match=said):
        await migrate_database(parsed)


async def refused(parsed: DatabaseURL) -> set[str]:
    """What is said where the database is opened and where it is brought up to date."""
    said = set()
    for attempt in (open_database, migrate_database):
        with pytest.raises(DatabaseError) as raised:
            await attempt(parsed)
        said.add(str(raised.value))
    assert not any("\n" in text for text in said)
    return said


async def test_only_migrate_creates_file(tmp_path: Path) -> None:
    file = tmp_path / "mistyped.sqlite3"

    with pytest.raises(DatabaseError) as raised:
        await open_database(parse_database_url(f"sqlite://{file}"))

    assert str(raised.value) == f"there is no database at {file}: run `pickup migrate` to make one"
    assert not file.exists()


async def test_empty_file_is_not_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite3"
    file.touch()

    with pytest.raises(DatabaseError, match=r"^the database is not up to date: run `pickup migrate`$"):
        await open_database(parse_database_url(f"sqlite://{file}"))


async def test_file_that_is_no_database_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary, this is no database. " * 100)

    said = await refused(parse_database_url(f"sqlite://{file}"))

    assert said == {f"the database at {file} cannot be used: file is not a database"}
    assert file.read_text().startswith("Dear diary")


async def test_file_that_cannot_be_opened_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    said = await refused(parse_database_url(f"sqlite://{tmp_path / 'folder'}"))

    assert said == {f"the database at {tmp_path / 'folder'} cannot be used: unable to open database file"}


async def test_file_in_missing_folder_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "pickup.sqlite3"

    with pytest.raises(DatabaseError) as raised:
        await migrate_database(parse_database_url(f"sqlite://{file}"))

    assert str(raised.value) == f"the database at {file} cannot be used: unable to open database file"


@pytest.fixture
def read_only(sqlite_template: Path) -> Iterator[Path]:
    """A database that is up to date, in a folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pickup.sqlite3"
        shutil.copyfile(sqlite_template, file)
        file.chmod(0o444)
        Path(folder).chmod(0o555)
        yield file


async def test_file_that_cannot_be_written_is_rejected(read_only: Path) -> None:
    with as_nobody_special():
        said = await refused(parse_database_url(f"sqlite://{read_only}"))

    assert said == {f"the database at {read_only} cannot be used: attempt to write a readonly database"}


async def test_postgres_that_cannot_be_reached_is_rejected() -> None:
    port = free_port()

    (text,) = await refused(parse_database_url(f"postgres://ann:hush@127.0.0.1:{port}/pickup"))

    assert text.startswith(f"the database at 127.0.0.1:{port} cannot be used: ")
    assert "hush" not in text


async def test_postgres_database_that_does_not_exist_is_rejected(postgres: str) -> None:
    said = await refused(parse_database_url(database_url(postgres, "pickup_that_is_not")))

    assert all(text.startswith("the database at ") and "pickup_that_is_not" in text for text in said), said
