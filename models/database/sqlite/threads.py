"""What is done on the thread of a SQLite connection, and how whoever waits for it can stop it.

To hand a call to another thread costs as much as a short statement does. So what belongs together is told there as a
whole: the body of a change or of a snapshot is a coroutine that waits for nothing but its own statements, and runs on
that thread from its first to its last.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiosqlite

from models.database.failures import WriteConflict
from models.database.sessions import Records
from models.database.timing import timed_sync

T = TypeVar("T")

_INTERRUPT_AGAIN_S = 0.005


def fetch(connection: sqlite3.Connection, sql: str, values: list[Any]) -> Records:
    """The rows of one statement as dicts by column, on the thread that this is called on."""
    # Closed in any case: a statement that was broken off would go on to hold what it reads, and to be interrupted.
    with contextlib.closing(connection.cursor()) as cursor:
        # Tortoise has its connection make rows of a class of their own.
        cursor.row_factory = None
        rows = cursor.execute(sql, values).fetchall()
        if not rows:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


timed_fetch = timed_sync(fetch)


def runner(
    connection: sqlite3.Connection, check: Callable[[sqlite3.Connection], None] = lambda _connection: None
) -> Callable[[str, list[Any]], Awaitable[Records]]:
    """What runs the statements of a body on the thread that tells it: whoever awaits one never has to wait.

    `check` is called before each, and may raise.
    """

    async def run(sql: str, values: list[Any]) -> Records:
        check(connection)
        return timed_fetch(connection, sql, values)

    return run


def run_to_completion(body: Awaitable[T]) -> T:
    """What a coroutine gives that has nothing to wait for."""
    steps = body.__await__()
    try:
        next(steps)
    except StopIteration as ended:
        given: T = ended.value
        return given
    steps.close()
    raise RuntimeError("the body of a change or of a snapshot may wait for nothing but its own statements")


async def run_on_thread(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` gives on the thread of the connection."""
    inner = connection._conn  # noqa: SLF001 - in public aiosqlite hands its thread just one call of its own at a time
    given: T = await connection._execute(work, inner)  # type: ignore[no-untyped-call]  # noqa: SLF001 - the same
    return given


async def run_interruptibly(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What reading gives on the thread of the connection; cancelled, its statement is stopped."""
    reading = asyncio.ensure_future(run_on_thread(connection, work))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        await interrupt_until_done(connection, reading)
        raise


async def interrupt_until_done(
    connection: aiosqlite.Connection, work: asyncio.Future[Any], running: Callable[[], bool] = lambda: True
) -> None:
    """Stops the statements of `work` while it is running, and waits for its end.

    An interruption is lost where none of them is under way just then: so they are repeated. Whoever is cancelled once
    more meanwhile has been cancelled already.
    """
    while not work.done():
        if running():
            await connection.interrupt()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work}, timeout=_INTERRUPT_AGAIN_S)
    # Taken note of: asyncio complains of an exception that nobody has looked at.
    work.exception()


def stray_interrupt_as_conflict(error: BaseException) -> BaseException:
    """What an error is for those who did not ask to be stopped: the interruption came too late for another one."""
    interrupted = isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return WriteConflict() if interrupted else error


def is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def file_identity(path: str) -> tuple[int, int] | None:
    """What tells one file from another that has its name later; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a path object takes five times as long
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_same_file(path: str, file: tuple[int, int] | None) -> None:
    """Raises OSError where the file is not the one that was opened: what was written to that one would be lost."""
    if file_identity(path) != file:
        raise FileNotFoundError(f"{path} has been moved, removed or replaced")
