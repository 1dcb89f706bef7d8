"""What we use of our libraries beyond their documentation: each test names what breaks when an upgrade changes it."""

import asyncio
import inspect
import sqlite3
import threading
from typing import Any

import aiosqlite
import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.migrations.operations import CreateModel
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

from models.database.database import Database
from models.database.failures import Failure, classify_error
from models.database.postgres.connections import PooledConnection
from models.user import User
from tests.support.sessions import ENDLESS, ON_POSTGRES


async def test_aiosqlite_connection_runs_function_on_its_thread() -> None:
    why = "models/database/sqlite/threads.py: run_on_thread"
    async with aiosqlite.connect(":memory:") as connection:
        assert isinstance(getattr(connection, "_conn", None), sqlite3.Connection), why
        execute = getattr(connection, "_execute", None)
        assert execute is not None, why
        assert [parameter.kind for parameter in inspect.signature(execute).parameters.values()] == [
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        ], why
        thread, connection_there = await execute(lambda inner: (threading.get_ident(), inner), connection._conn)

    assert thread != threading.get_ident(), why
    assert isinstance(connection_there, sqlite3.Connection), why


async def test_aiosqlite_interrupt_does_not_wait_for_running_statement() -> None:
    async with aiosqlite.connect(":memory:") as connection, asyncio.timeout(30):
        running = asyncio.ensure_future(connection.execute_fetchall(ENDLESS["sqlite"]))
        while not running.done():
            await connection.interrupt()
            await asyncio.wait({running}, timeout=0.01)

    assert str(running.exception()) == "interrupted", "models/database/sqlite/threads.py: interrupt_until_done"


async def test_aiosqlite_closed_connection_is_classified_as_unavailable() -> None:
    connection = await aiosqlite.connect(":memory:")
    await connection.close()

    for use in (lambda: connection.execute("SELECT 1"), connection.interrupt):
        with pytest.raises(ValueError, match=r"^(no active connection|Connection closed)$") as raised:
            await use()
        assert classify_error(raised.value) is Failure.UNAVAILABLE, "failures.py: _CLOSED"


def test_asyncpg_connection_has_reset_to_override() -> None:
    ours, theirs = (inspect.signature(cls.reset) for cls in (PooledConnection, asyncpg.Connection))

    assert list(ours.parameters) == list(theirs.parameters) == ["self", "timeout"], (
        "postgres/connections.py: PooledConnection"
    )


@ON_POSTGRES
async def test_asyncpg_pool_resets_released_connection_by_our_override(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    resets = []
    reset = PooledConnection.reset

    async def counting_reset(connection: PooledConnection, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        resets.append(connection.is_in_transaction())
        await reset(connection, timeout=timeout)

    monkeypatch.setattr(PooledConnection, "reset", counting_reset)
    async with database.acquire() as connection:
        await connection.execute("BEGIN")
    async with database.acquire() as connection:
        in_transaction = connection.is_in_transaction()

    assert (resets, in_transaction) == ([True], False), "postgres/connections.py: PooledConnection"


def test_tortoise_init_has_global_fallback() -> None:
    parameters = inspect.signature(Tortoise.init).parameters

    assert "_enable_global_fallback" in parameters, "opening.py: initialise_tortoise"


def test_tortoise_model_has_meta_of_tables_and_columns() -> None:
    why = "models/row.py: table, field and column"

    assert User._meta.db_table == "users", why
    assert User._meta.fields_map["site_key"].source_field == "site_id", why
    assert User._meta.fields_db_projection["site_key"] == "site_id", why


def test_tortoise_model_needs_no_init_to_read_fields() -> None:
    record: dict[str, Any] = {"key": 7, "first_name": "Ann", "last_name": "Lee"}

    user = User.view(record)

    assert (user.key, user.id, user.display_name) == (7, "User:7", "Ann Lee"), "models/row.py: view"


def test_tortoise_create_model_has_database_forward_to_override() -> None:
    why = "models/migrations/_tables.py: CreateTable"
    parameters = list(inspect.signature(CreateModel.database_forward).parameters)

    assert parameters == ["self", "app_label", "old_state", "new_state", "state_editor"], why
    client = SqliteClient(":memory:", connection_name="unused")
    assert BaseSchemaEditor(client).client is client, why
    assert isinstance(BaseSchemaEditor.DIALECT, str), why
