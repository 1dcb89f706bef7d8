"""SQLite: a change has the write lock from its first moment, and queries have connections of their own.

To hand a call to the thread of a connection costs as much as a short statement does. So what belongs together is told
there as a whole: the body of a change or of a snapshot is a coroutine that waits for nothing but its own statements,
and runs on that thread from its first to its last. And a statement that gives a whole answer is first tried on the
thread of the loop itself, for two milliseconds.
"""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient as TortoiseClient
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError

from models.engines import timing
from models.engines.ending import before_leaving
from models.failures import NoTurn, Overtaken
from models.session import Records, Session, Transaction

T = TypeVar("T")

READERS = 4
"""Connections for queries, a thread each."""

QUICK_S = 0.002
"""For so long a statement may keep the loop from everything else."""

MOST_IN_A_TURN = 16
"""Changes in one transaction: other processes wait for it."""

PATIENCE_S = 10.0
"""How long a transaction of Tortoise's own waits for the write lock, which other processes may have."""

_BUSY_TIMEOUT_MS = 100
"""How long SQLite itself waits for a lock at a time; nobody can interrupt it meanwhile."""

_INTERRUPT_AGAIN_S = 0.005

_CLOCK_EVERY = 1_000
"""Instructions of SQLite's machine between two looks at the clock, some 50 microseconds."""

_MOST_SLOW = 1_000
"""Statements remembered for being slow."""

_LOOK_AGAIN_S = 0.1
"""How long a file is taken to be in its place by those who only read it: to look costs as much as they do."""


class _Stopped(Exception):
    """Whoever asked for the work was cancelled before it was done."""


class _ImmediateTransaction(SqliteTransactionWrapper):
    """Tortoise's transaction, which waits for the write lock when it begins and not half-way."""

    async def begin(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > give_up_at:
                    raise OperationalError(error) from error
            else:
                return


class _Change(Generic[T]):
    """The body of a change that waits for its turn, and what became of it."""

    def __init__(self, body: Callable[[Transaction], Awaitable[T]]) -> None:
        self._body = body
        self.ended: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.stopped = False
        """Set by whoever was waiting for it, and is not any more."""
        self.running = False
        self.kept = False
        """Whether it is to be committed: from then on it comes too late to stop it."""
        self._given: T | None = None
        self._error: BaseException | None = Overtaken()

    def run(self, connection: sqlite3.Connection) -> None:
        """Tells the body, on the thread of the connection, which is in a transaction."""
        transaction = Transaction("sqlite", _runner(connection, within=True))
        self.running = True
        try:
            self._given = _told(self._body(transaction))
            if self.stopped:
                raise _Stopped
            self._error = None
            self.kept = transaction.kept
        except sqlite3.OperationalError as error:
            self.fail(error if self.stopped else _not_meant(error))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self.fail(error)
        finally:
            self.running = False

    def fail(self, error: BaseException) -> None:
        """What it did is not kept."""
        self._error = error
        self.kept = False

    def tell(self) -> None:
        """Tells whoever waits for it, on the thread of the loop."""
        if self._error is not None:
            self.ended.set_exception(self._error)
            # Taken note of, should nobody wait for it any more.
            self.ended.exception()
        else:
            self.ended.set_result(cast("T", self._given))


class _Turn:
    """One transaction of the connection, which all who wait share: its commit costs as much as several changes.

    Each change sees those before it and nothing of what is undone, as if it had a transaction of its own; nobody is
    told of theirs before all are committed.
    """

    def __init__(self, waiting: deque[_Change[Any]]) -> None:
        self._waiting = waiting
        self._kept: list[_Change[Any]] = []
        self.ended: list[_Change[Any]] = []

    def run(self, connection: sqlite3.Connection) -> None:
        """On the thread of the connection."""
        self._connection = connection
        try:
            while len(self.ended) < MOST_IN_A_TURN and (connection.in_transaction or self._begin()):
                try:
                    change = self._waiting.popleft()
                except IndexError:
                    break
                self.ended.append(change)
                self._run(change)
            if self._kept:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._lose(_not_meant(error))
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _begin(self) -> bool:
        """Waits for the write lock for as long as somebody waits for their turn."""
        while self._waiting:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    # Told to one: the next begins anew.
                    self.ended.append(self._waiting.popleft())
                    self.ended[-1].fail(error)
                    return False
            else:
                return True
        return False

    def _run(self, change: _Change[Any]) -> None:
        shared = bool(self._kept)
        if shared:
            self._connection.execute("SAVEPOINT change")
        change.run(self._connection)
        if not self._connection.in_transaction:
            # Some errors, and being stopped while it writes, undo the whole transaction.
            self._lose(Overtaken())
            if change.kept:
                change.fail(Overtaken())
        elif change.kept:
            self._kept.append(change)
            if shared:
                self._connection.execute("RELEASE change")
        elif shared:
            self._connection.execute("ROLLBACK TO change")
            self._connection.execute("RELEASE change")
        else:
            self._connection.execute("ROLLBACK")

    def _lose(self, error: BaseException) -> None:
        for change in self._kept:
            change.fail(error)
        self._kept = []


class SqliteClient(TortoiseClient):
    """Tortoise's client: one connection, whose lock its transactions hold."""

    _file: tuple[int, int] | None = None

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._waiting: deque[_Change[Any]] = deque()
        self._leading: asyncio.Task[None] | None = None

    async def create_connection(self, with_db: bool) -> None:
        await super().create_connection(with_db)
        assert self._connection is not None
        cursor = await self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        await cursor.close()
        self._file = _identity(self.filename)

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(_ImmediateTransaction(self), self._lock)

    async def change(self, body: Callable[[Transaction], Awaitable[T]], within_s: float) -> T:
        """What `body` gives, in a transaction that is committed in the end if it is still `kept`.

        The body may wait for nothing but its statements. Cancelled, its statement under way is stopped and nothing is
        kept, unless its body had come to its end. Raises NoTurn where it cannot begin within so many seconds.
        """
        change = _Change(body)
        self._waiting.append(change)
        if self._leading is None or self._leading.done():
            self._leading = asyncio.ensure_future(self._lead())
        try:
            done, _ = await asyncio.wait({change.ended}, timeout=within_s)
            if not done:
                if self._withdrawn(change):
                    raise NoTurn
                await asyncio.wait({change.ended})
        except asyncio.CancelledError:
            if self._withdrawn(change):
                raise
            change.stopped = True
            assert self._connection is not None
            await _interrupted(self._connection, change.ended, lambda: change.running)
            if change.ended.exception() is not None:
                raise
            # It was committed in time.
        return change.ended.result()

    def _withdrawn(self, change: _Change[Any]) -> bool:
        """Whether its turn has not come, which it then never does."""
        try:
            self._waiting.remove(change)
        except ValueError:
            return False
        return True

    async def _lead(self) -> None:
        """Gives turns to those who wait, until there are none."""
        while self._waiting:
            turn = _Turn(self._waiting)
            async with self._lock:
                try:
                    if self._connection is None:
                        await self.create_connection(with_db=True)
                    assert self._connection is not None
                    _check_in_place(self.filename, self._file)
                    await _on_thread(self._connection, turn.run)
                except Exception as error:  # noqa: BLE001 - raised where the change is waited for
                    with contextlib.suppress(IndexError):
                        turn.ended.append(self._waiting.popleft())
                        turn.ended[-1].fail(error)
            for change in turn.ended:
                change.tell()

    async def close(self) -> None:
        if self._leading is not None:
            await self._leading
        await super().close()


client_class = SqliteClient


class SqliteReaders:
    """A few connections that can only read, opened when they are first wanted.

    On Tortoise's one connection a query would wait behind every transaction of the process.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = _identity(path)
        self._quick = _QuickReader(path, self._file)
        self._free: asyncio.LifoQueue[aiosqlite.Connection | None] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._free.put_nowait(None)

    @property
    def busy(self) -> int:
        """How many are reading."""
        return READERS - self._free.qsize()

    async def fetch(self, sql: str, values: list[Any]) -> Records:
        """The rows of one statement. Cancelled, it is stopped."""
        records = self._quick.fetch(sql, values)
        if records is not None:
            return records
        return await self._run(lambda connection: self._quick.learn(connection, sql, values))

    async def read(self, body: Callable[[Session], Awaitable[T]], *, snapshot: bool) -> T:
        """What `body` gives, which may wait for nothing but its statements; as `reading` does it."""

        def run(connection: sqlite3.Connection) -> T:
            if not snapshot:
                return _told(body(Session("sqlite", _runner(connection))))
            connection.execute("BEGIN")
            try:
                return _told(body(Session("sqlite", _runner(connection))))
            finally:
                connection.execute("ROLLBACK")

        return await self._run(run)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Session]:
        """A session; with `snapshot`, all that it reads is of one moment. Cancelled, its statement is stopped."""
        async with self._taken() as connection:

            async def run(sql: str, values: list[Any]) -> Records:
                return await _stoppable(connection, lambda thread: _clocked(thread, sql, values))

            try:
                if snapshot:
                    await _stoppable(connection, lambda thread: thread.execute("BEGIN"))
                yield Session("sqlite", run)
            finally:
                if snapshot:
                    await before_leaving(connection.rollback())

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._taken() as connection:
            return await _stoppable(connection, work)

    @contextlib.asynccontextmanager
    async def _taken(self) -> AsyncIterator[aiosqlite.Connection]:
        connection = await self._free.get()
        try:
            _check_in_place(self._path, self._file)
            connection = connection or await open_reader(self._path)
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Closes each as soon as nobody reads through it."""
        self._quick.close()
        connections = [await self._free.get() for _ in range(READERS)]
        for connection in connections:
            self._free.put_nowait(None)
            if connection is not None:
                await connection.close()


class _QuickReader:
    """A connection that can only read, on the thread of the loop: for what is done before anybody notices.

    A statement that takes longer is broken off, and given to another thread until it has been quick there.
    """

    def __init__(self, path: str, file: tuple[int, int] | None) -> None:
        self._path = path
        self._file = file
        self._looked_at = 0.0
        self._connection: sqlite3.Connection | None = None
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._until = 0.0

    def fetch(self, sql: str, values: list[Any]) -> Records | None:
        """The rows; None where another thread has to read them, which also tells of what is wrong."""
        if sql in self._slow:
            return None
        began = time.perf_counter()
        try:
            connection = self._in_place(began)
            self._until = began + QUICK_S
            records = _fetch(connection, sql, values)
            timing.tell(began)
        except (sqlite3.Error, OSError):
            records = None
        if records is None or time.perf_counter() - began > QUICK_S:
            self._slow[sql] = None
            if len(self._slow) > _MOST_SLOW:
                self._slow.popitem(last=False)
        return records

    def learn(self, connection: sqlite3.Connection, sql: str, values: list[Any]) -> Records:
        """The rows, read on the thread of another connection; and whether they could well have been had here."""
        began = time.perf_counter()
        records = _clocked(connection, sql, values)
        if time.perf_counter() - began < QUICK_S / 2:
            self._slow.pop(sql, None)
        return records

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _in_place(self, now: float) -> sqlite3.Connection:
        if now - self._looked_at > _LOOK_AGAIN_S:
            _check_in_place(self._path, self._file)
            self._looked_at = now
        if self._connection is None:
            self._connection = sqlite3.connect(_read_only(self._path), uri=True, **_OPTIONS)
            self._connection.execute("PRAGMA query_only = ON")
            # It waits for nobody: those who do have threads.
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.set_progress_handler(lambda: time.perf_counter() > self._until, _CLOCK_EVERY)
        return self._connection


_OPTIONS: dict[str, Any] = {"isolation_level": None, "cached_statements": 512}


async def open_reader(path: str) -> aiosqlite.Connection:
    """A connection that can only read, to a file that is there."""
    connection = await aiosqlite.connect(_read_only(path), uri=True, **_OPTIONS)
    try:
        await connection.execute("PRAGMA query_only = ON")
        # A reader waits for nobody but the one who puts a crashed writer's work in order.
        await connection.execute("PRAGMA busy_timeout = 2000")
    except BaseException:
        await connection.close()
        raise
    return connection


def _read_only(path: str) -> str:
    """The address of a file that is there: SQLite would make one that is not."""
    return f"file:{quote(path)}?mode=rw"


def _fetch(connection: sqlite3.Connection, sql: str, values: list[Any]) -> Records:
    """The rows of one statement as dicts by column, on the thread that this is called on."""
    cursor = connection.cursor()
    # Tortoise has its connection make rows of a class of their own.
    cursor.row_factory = None
    rows = cursor.execute(sql, values).fetchall()
    if not rows:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


_clocked = timing.clocked(_fetch)


def _runner(connection: sqlite3.Connection, *, within: bool = False) -> Callable[[str, list[Any]], Awaitable[Records]]:
    """What runs the statements of a body on the thread that tells it: whoever awaits one never has to wait.

    `within` a transaction, which some errors end: nothing more may be done then.
    """

    async def run(sql: str, values: list[Any]) -> Records:
        if within and not connection.in_transaction:
            raise Overtaken
        return _clocked(connection, sql, values)

    return run


def _told(body: Awaitable[T]) -> T:
    """What a coroutine gives that has nothing to wait for."""
    steps = body.__await__()
    try:
        next(steps)
    except StopIteration as ended:
        given: T = ended.value
        return given
    steps.close()
    raise RuntimeError("the body of a change or of a snapshot may wait for nothing but its own statements")


async def _on_thread(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` gives on the thread of the connection."""
    inner = connection._conn  # noqa: SLF001 - in public aiosqlite hands its thread just one call of its own at a time
    given: T = await connection._execute(work, inner)  # type: ignore[no-untyped-call]  # noqa: SLF001 - the same
    return given


async def _stoppable(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What reading gives on the thread of the connection; cancelled, its statement is stopped."""
    reading = asyncio.ensure_future(_on_thread(connection, work))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        await _interrupted(connection, reading)
        raise


async def _interrupted(
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


def _not_meant(error: sqlite3.Error) -> Exception:
    """What an error is for those who did not ask to be stopped: the interruption came too late for another one."""
    return Overtaken() if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else error


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _identity(path: str) -> tuple[int, int] | None:
    """What tells one file from another that has its name later; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a path object takes five times as long
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_in_place(path: str, file: tuple[int, int] | None) -> None:
    """Raises OSError where the file is not the one that was opened: what was written to that one would be lost."""
    if _identity(path) != file:
        raise FileNotFoundError(f"{path} has been moved, removed or replaced")
