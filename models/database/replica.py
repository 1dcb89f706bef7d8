"""A read replica of a PostgreSQL database: runs queries while it answers and is not behind the caller."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from models.database.failures import Failure, classify_error
from models.database.postgres.pool import PostgresPool
from models.database.sessions import MinRevisions, Session
from models.errors import PickupError

T = TypeVar("T")

log = logging.getLogger("pickup")

RESPONSE_TIMEOUT_S = 1.0
"""A replica that takes longer to begin a snapshot counts as unavailable."""

RETRY_AFTER_S = 2.0
"""So long after a failure one query tries the replica again; until then all go to the primary."""


_LAG = """SELECT CASE
  WHEN NOT pg_is_in_recovery() THEN 0
  WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS lag"""
"""0 if it is connected and has replayed all that it has received: the primary may have had nothing to change lately."""


class ReplicaSkipped(Exception):
    """The replica is unavailable, or behind the caller's minimum revisions: the primary must run the query."""


class Replica:
    """A circuit breaker around the replica's connections."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._retry_at: float | None = None
        """When to try the replica again, on the monotonic clock; None while it is available."""

    async def query(
        self, body: Callable[[Session], Awaitable[T]], min_revisions: MinRevisions, caller: Hashable = None
    ) -> T:
        """Return what `body` reads in a snapshot that is not older than `min_revisions`. Raises ReplicaSkipped."""
        if self._retry_at is not None:
            if time.monotonic() < self._retry_at:
                raise ReplicaSkipped
            # This query tries it; concurrent ones go on skipping it.
            self._open_circuit()
        try:
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(self._pool.share(caller, RESPONSE_TIMEOUT_S))
                async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                    session = await stack.enter_async_context(self._pool.session(snapshot=True))
                    await _check_revisions(session, min_revisions)
                self._close_circuit()
                return await body(session)
        except Exception as error:
            failure = classify_error(error)
            if isinstance(error, PickupError | ReplicaSkipped) or failure is Failure.CANCELLED:
                raise
            if failure is Failure.UNAVAILABLE:
                self._open_circuit()
            # Any other error may be the replica's own, so the primary runs the query: replay cancels queries of a
            # replica, and its tables may still be those of an older version.
            raise ReplicaSkipped from error

    async def lag_s(self) -> float:
        """How old its state is, in seconds; NaN if it does not answer."""
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT_S), self._pool.reading(snapshot=False) as session:
                (record,) = await session.fetch(_LAG, [])
        except Exception as error:
            if classify_error(error) is Failure.UNKNOWN:
                raise
            return math.nan
        return float(record["lag"])

    async def close(self) -> None:
        await self._pool.close()

    def _close_circuit(self) -> None:
        if self._retry_at is not None:
            log.warning("The replica is back: queries are read from it.")
        self._retry_at = None

    def _open_circuit(self) -> None:
        if self._retry_at is None:
            log.warning("The replica is unavailable: queries are read from the primary.")
        self._retry_at = time.monotonic() + RETRY_AFTER_S


async def _check_revisions(session: Session, min_revisions: MinRevisions) -> None:
    """Raise ReplicaSkipped if a site of the replica is behind its minimum revision."""
    if not min_revisions:
        return
    sql = "SELECT id, revision FROM sites WHERE id = ANY($1::bigint[])"
    records = await session.fetch(sql, [list(min_revisions)])
    revisions = {record["id"]: record["revision"] for record in records}
    if any(revisions.get(key, -1) < revision for key, revision in min_revisions.items()):
        raise ReplicaSkipped
