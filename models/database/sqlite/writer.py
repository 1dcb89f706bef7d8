"""The writer of a SQLite file: the only connection of this process that changes it."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Any, TypeVar

import aiosqlite

from models.database.failures import LockTimeout
from models.database.measures import COMMIT_SIZES
from models.database.sessions import Transaction
from models.database.sqlite.checkpoint import Checkpointer
from models.database.sqlite.connections import SameFile, open_writer
from models.database.sqlite.group_commit import MAX_GROUP_SIZE, CommitGroup, QueuedWrite
from models.database.sqlite.readers import SqliteReaders
from models.database.sqlite.threads import interrupt_until_done, run_on_thread
from models.database.write_limit import WriteLimit

T = TypeVar("T")

_GRACE_S = 1.0
"""How long a cancelled write may finish its statement if an interrupt would roll back other writes with it."""

_SHORT_ITERATION_S = 0.002
"""What an iteration of the event loop takes at most that answers one change and takes up the next."""


class SqliteWriter:
    """Queues writes, and commits those that wait at the same time together: see `group_commit`.

    The connection is opened at the first write.
    """

    def __init__(self, path: str, readers: SqliteReaders) -> None:
        self._path = path
        self._checkpointer = Checkpointer(path, readers, self.acquire)
        self._file = SameFile(path)
        self._connection: aiosqlite.Connection | None = None
        self._lock = asyncio.Lock()
        self._queue: deque[QueuedWrite[Any]] = deque()
        self._leader: asyncio.Task[None] | None = None
        self._limit = WriteLimit(MAX_GROUP_SIZE)

    @property
    def waiting(self) -> int:
        """The number of changes that have not begun."""
        return len(self._queue)

    @property
    def log_bytes(self) -> int:
        """The size of SQLite's write-ahead log."""
        return self._checkpointer.log_bytes()

    async def change(
        self, body: Callable[[Transaction], Awaitable[T]], timeout_s: float, _caller: Hashable = None
    ) -> T:
        """Run `body` in a transaction and return its result when the transaction is committed or rolled back.

        Changes run in the order in which they were asked for, whoever asked.
        `body` may await nothing but its statements. A cancellation interrupts its statement and rolls it back, unless
        it has ended already. Raises LockTimeout if it does not begin within `timeout_s`, and Busy at once
        if too many wait for that.
        """
        self._limit.check(len(self._queue), timeout_s)
        write = QueuedWrite(body)
        self._queue.append(write)
        self._lead()
        try:
            done, _ = await asyncio.wait({write.done}, timeout=timeout_s)
            if not done:
                if self._withdraw(write):
                    raise LockTimeout
                await asyncio.wait({write.done})
        except asyncio.CancelledError:
            if self._withdraw(write):
                raise
            await self._cancel(write)
            if write.done.exception() is not None:
                raise
            # It was already being committed.
        return write.done.result()

    def _lead(self) -> None:
        """Start a leader if writes are queued and there is none."""
        if self._queue and (self._leader is None or self._leader.done()):
            self._leader = asyncio.ensure_future(self._drain_queue())
            # One that is cancelled while it waits for the connection leaves its queue to the next.
            self._leader.add_done_callback(lambda _ended: self._lead())

    def _withdraw(self, write: QueuedWrite[Any]) -> bool:
        """Take the write off the queue; False if it has begun."""
        try:
            self._queue.remove(write)
        except ValueError:
            return False
        return True

    async def _cancel(self, write: QueuedWrite[Any]) -> None:
        """Stop a write that has begun, and wait until its group is done.

        An interrupt rolls back the shared transaction with every write before it in the group, which must all run
        again. So a write that shares it is interrupted only after the grace period; until then it stops by itself
        before its next statement.
        """
        write.cancelled = True
        if write.done.done():
            return
        interrupt_at = time.monotonic() + _GRACE_S
        assert self._connection is not None
        await interrupt_until_done(
            self._connection,
            write.done,
            lambda: write.running and (not write.in_shared_commit or time.monotonic() > interrupt_at),
        )

    async def _drain_queue(self) -> None:
        """Run groups until the queue is empty. Whichever write finds no such task running starts it (the leader)."""
        while self._queue:
            group = CommitGroup(self._queue)
            began = time.monotonic()
            try:
                async with self.acquire() as connection:
                    await _run_group(connection, group)
            except Exception as error:  # noqa: BLE001 - raised to the caller of the next write
                group.fail_next(error)
            if group.finished:
                self._limit.add(time.monotonic() - began)
                COMMIT_SIZES.add(len(group.finished))
            await _resolve(deque(group.finished), one_by_one=len(self._queue) > MAX_GROUP_SIZE)
            self._checkpointer.start_if_due()

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[aiosqlite.Connection]:
        """The connection, outside a transaction; no write runs meanwhile. Raises OSError if the file was moved."""
        async with self._lock:
            self._file.check()
            if self._connection is None:
                self._connection = await open_writer(self._path)
            yield self._connection

    async def close(self) -> None:
        """Close the connection when the queue is empty."""
        while self._leader is not None and not self._leader.done():
            await asyncio.wait({self._leader})
        await self._checkpointer.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def _run_group(connection: aiosqlite.Connection, group: CommitGroup) -> None:
    """Run the group on the connection's thread, and wait for its end in spite of cancellations."""
    with contextlib.suppress(asyncio.CancelledError):
        await run_on_thread(connection, group.run)
    while not group.done.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({group.done})


async def _resolve(writes: deque[QueuedWrite[Any]], *, one_by_one: bool) -> None:
    """Resolve the writes, all at once or one in each iteration of the event loop.

    In a flood of writers the answers of all at once, and the next requests of their clients, would make a query wait
    that comes meanwhile. If an iteration is long, it has probably served queries: then the rest is resolved at once:
    beside many readers there are few iterations a second.
    """
    try:
        while writes:
            writes.popleft().resolve()
            if one_by_one:
                began = time.monotonic()
                await asyncio.sleep(0)
                one_by_one = time.monotonic() - began < _SHORT_ITERATION_S
    finally:
        for write in writes:  # if it is cancelled
            write.resolve()
