"""Turns: the changes that wait for SQLite's one writer, and the transactions that they share."""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar, cast

from models.database.failures import WriteConflict
from models.database.sessions import Transaction
from models.database.sqlite.threads import is_busy, run_to_completion, runner, stray_interrupt_as_conflict

T = TypeVar("T")

MAX_GROUP_SIZE = 16
"""Changes in one transaction: other processes wait for it."""


class _Stopped(Exception):
    """Whoever asked for the work was cancelled before it was done."""


class QueuedWrite(Generic[T]):
    """The body of a change that waits for its turn, and what became of it."""

    def __init__(self, body: Callable[[Transaction], Awaitable[T]]) -> None:
        self._body = body
        self.ended: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.stopped = False
        """Set by whoever was waiting for it, and is not any more."""
        self.running = False
        self.shares = False
        """Whether what it did is in one transaction with what others did before."""
        self.to_commit = False
        """Whether it is to be committed: from then on it comes too late to stop it."""
        self._given: T | None = None
        self._error: BaseException | None = WriteConflict()

    def run(self, connection: sqlite3.Connection) -> None:
        """Tells the body, on the thread of the connection, which is in a transaction."""
        transaction = Transaction("sqlite", runner(connection, self._check))
        self.running = True
        try:
            self._given = run_to_completion(self._body(transaction))
            if self.stopped:
                raise _Stopped
            self._error = None
            self.to_commit = not transaction.rollback_only
        except sqlite3.OperationalError as error:
            self.fail(error if self.stopped else stray_interrupt_as_conflict(error))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self.fail(error)
        finally:
            self.running = False

    def _check(self, connection: sqlite3.Connection) -> None:
        """Before each statement: nothing more may be done where some error has ended the transaction."""
        if self.stopped:
            raise _Stopped
        if not connection.in_transaction:
            raise WriteConflict

    def fail(self, error: BaseException) -> None:
        """What it did is not kept."""
        self._error = error
        self.to_commit = False

    def resolve(self) -> None:
        """Tells whoever waits for it, on the thread of the loop."""
        if self._error is not None:
            self.ended.set_exception(self._error)
            # Taken note of, should nobody wait for it any more.
            self.ended.exception()
        else:
            self.ended.set_result(cast("T", self._given))


class CommitGroup:
    """One transaction of the connection, which all who wait share: its commit costs as much as several changes.

    Each change sees those before it and nothing of what is undone, as if it had a transaction of its own; and nobody
    who has seen another's is told of theirs, whatever it came to, before that is committed.
    """

    def __init__(self, waiting: deque[QueuedWrite[Any]]) -> None:
        self._waiting = waiting
        self._together: list[QueuedWrite[Any]] = []
        """Those that are kept so far, and all who have seen them."""
        self.ended: list[QueuedWrite[Any]] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def run(self, connection: sqlite3.Connection) -> None:
        """On the thread of the connection, which tells the loop when it is over."""
        self._connection = connection
        try:
            self._undo()
            while len(self.ended) < MAX_GROUP_SIZE and (connection.in_transaction or self._begin()):
                try:
                    change = self._waiting.popleft()
                except IndexError:
                    break
                self.ended.append(change)
                self._run(change)
            if self._together:
                connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - raised where the changes are waited for
            if self.ended:
                self._lose(stray_interrupt_as_conflict(error))
            else:
                self.fail_next(error)
        finally:
            # What cannot be undone now has to be before the next turn.
            with contextlib.suppress(sqlite3.Error):
                self._undo()
            self.over.get_loop().call_soon_threadsafe(self.over.set_result, None)

    def _begin(self) -> bool:
        """Waits for the write lock for as long as somebody waits for their turn."""
        while self._waiting:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    self.fail_next(error)
                    return False
            else:
                return True
        return False

    def _run(self, change: QueuedWrite[Any]) -> None:
        change.shares = bool(self._together)
        if change.shares:
            self._connection.execute("SAVEPOINT change")
        change.run(self._connection)
        if not self._connection.in_transaction:
            # Some errors, and being stopped while it writes, undo the whole transaction.
            self._lose(WriteConflict())
            if change.shares or change.to_commit:
                change.fail(WriteConflict())
            return
        if change.shares or change.to_commit:
            self._together.append(change)
        if not change.to_commit:
            self._connection.execute("ROLLBACK TO change" if change.shares else "ROLLBACK")
        if change.shares:
            self._connection.execute("RELEASE change")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def fail_next(self, error: BaseException) -> None:
        """Told to one of those who wait: the next begins anew."""
        with contextlib.suppress(IndexError):
            self.ended.append(self._waiting.popleft())
            self.ended[-1].fail(error)

    def _lose(self, error: BaseException) -> None:
        for change in self._together:
            # Those that were not to be kept begin anew: what they have seen is not so.
            change.fail(error if change.to_commit else WriteConflict())
        self._together = []
