"""A replica of a PostgreSQL database: for queries, while it answers and has what the caller has seen already."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from models.database.failures import Failure, classify_error
from models.database.postgres.client import PostgresClient
from models.database.sessions import MinRevisions, Session
from models.errors import PickupError

T = TypeVar("T")

log = logging.getLogger("pickup")

ANSWERS_WITHIN_S = 1.0
"""A replica that takes longer to begin is as good as away."""

LEFT_ALONE_S = 2.0
"""For so long nobody asks one that was away; then one query looks whether it is back."""


class ReplicaSkipped(Exception):
    """The replica cannot serve this query: it is away, or behind what the caller has seen."""


class Replica:
    """Serves queries, or passes."""

    def __init__(self, client: PostgresClient) -> None:
        self._client = client
        self._away_until: float | None = None

    async def query(self, body: Callable[[Session], Awaitable[T]], min_revisions: MinRevisions) -> T:
        """What `body` reads in a snapshot, not older than the revisions `min_revisions`. Raises ReplicaSkipped."""
        if self._away_until is not None:
            if time.monotonic() < self._away_until:
                raise ReplicaSkipped
            # While this query looks whether it is back, the others pass it by.
            self._leave_alone()
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(ANSWERS_WITHIN_S):
                    session = await stack.enter_async_context(self._client.reading(snapshot=True))
                    await _check(session, min_revisions)
                self._is_back()
                return await body(session)
        except Exception as error:
            failure = classify_error(error)
            if isinstance(error, PickupError | ReplicaSkipped) or failure is Failure.CANCELLED:
                raise
            if failure is Failure.UNAVAILABLE:
                self._leave_alone()
            # Whatever it is, the primary may know better: a replica's queries lose against what it replays, and its
            # tables may still be of the version before.
            raise ReplicaSkipped from error

    def _is_back(self) -> None:
        if self._away_until is not None:
            log.warning("The replica is back: queries are read from it.")
        self._away_until = None

    def _leave_alone(self) -> None:
        if self._away_until is None:
            log.warning("The replica is away: queries are read from the primary.")
        self._away_until = time.monotonic() + LEFT_ALONE_S


async def _check(session: Session, min_revisions: MinRevisions) -> None:
    """Raise ReplicaSkipped if a site of the replica is behind its minimum revision."""
    if not min_revisions:
        return
    records = await session.fetch("SELECT id, revision FROM sites WHERE id = ANY($1::bigint[])", [list(min_revisions)])
    reached = {record["id"]: record["revision"] for record in records}
    if any(reached.get(key, -1) < revision for key, revision in min_revisions.items()):
        raise ReplicaSkipped
