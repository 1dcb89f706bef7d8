"""Work on the thread of a SQLite connection, and how to interrupt it.

aiosqlite runs each call of a connection on the connection's own thread. The hand-over to that thread and back takes
some 100 microseconds of CPU, and a short statement 10. So a whole transaction or snapshot is handed over at once: its
body, a coroutine function, runs on the thread from start to end. There is no event loop on that thread, so the body may
await nothing but its own statements, which never suspend; `run_to_completion` drives it without a loop. If it awaited
anything else, an asyncio lock or a query of Tortoise for example, `run_to_completion` would raise RuntimeError.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiosqlite

from models.database.failures import WriteConflict, sqlite_code
from models.database.sessions import Records
from models.database.timing import timed_sync

T = TypeVar("T")

_INTERRUPT_INTERVAL_S = 0.005


def fetch(connection: sqlite3.Connection, sql: str, values: list[Any]) -> Records:
    """The rows of one statement, read on the current thread."""
    cursor = connection.cursor()
    try:
        rows = cursor.execute(sql, values).fetchall()
        names = [column[0] for column in cursor.description or ()]
    finally:
        # At once: a statement that was interrupted half-way would keep its locks and the interrupt.
        cursor.close()
    return [dict(zip(names, row, strict=True)) for row in rows]


timed_fetch = timed_sync(fetch)


def statement_runner(
    connection: sqlite3.Connection, check: Callable[[sqlite3.Connection], None] = lambda _connection: None
) -> Callable[[str, list[Any]], Awaitable[Records]]:
    """What runs the statements of a body on the thread that runs the body; it never suspends.

    `check` is called before each statement and may raise.
    """

    async def run(sql: str, values: list[Any]) -> Records:
        check(connection)
        return timed_fetch(connection, sql, values)

    return run


def run_to_completion(body: Awaitable[T]) -> T:
    """Run a coroutine that never suspends, without an event loop, and return its result."""
    steps = body.__await__()
    try:
        next(steps)
    except StopIteration as stop:
        result: T = stop.value
        return result
    steps.close()
    raise RuntimeError("the body of a transaction or snapshot may await nothing but its own statements")


async def run_on_thread(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run `work` on the thread of the connection and return its result.

    The only place that uses private names of aiosqlite, whose public methods run one call of sqlite3 each.
    """
    result: T = await connection._execute(work, connection._conn)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


async def run_interruptibly(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run `work`, which only reads, on the thread of the connection; a cancellation interrupts its statement."""
    running = asyncio.ensure_future(run_on_thread(connection, work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await interrupt_until_done(connection, running)
        raise


async def interrupt_until_done(
    connection: aiosqlite.Connection, work: asyncio.Future[Any], applies: Callable[[], bool] = lambda: True
) -> None:
    """Interrupt the statements of `work` until it is done, whenever `applies` says so.

    An interrupt between two statements has no effect, so it is repeated. Further cancellations are dropped.
    """
    while not work.done():
        if applies():
            await connection.interrupt()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work}, timeout=_INTERRUPT_INTERVAL_S)
    # Mark the exception as retrieved, or asyncio logs it.
    work.exception()


def stray_interrupt_as_conflict(error: BaseException) -> BaseException:
    """WriteConflict in place of an interrupt that was meant for the statement of another write and came too late."""
    return WriteConflict() if is_interrupt(error) else error


def is_interrupt(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and sqlite_code(error) == sqlite3.SQLITE_INTERRUPT


def is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and sqlite_code(error) == sqlite3.SQLITE_BUSY
