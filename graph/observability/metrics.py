"""Metrics for Prometheus.

If several workers share a port, each scrape reaches one of them. With `PROMETHEUS_MULTIPROC_DIR`, the name of a folder
of this server alone, any worker answers for all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from graph.observability import multiprocess
from graph.observability.request_log import RequestLog
from models.database import measures, timing
from models.database.database import Database

CONTENT_TYPE = CONTENT_TYPE_LATEST

disable_created_metrics()  # type: ignore[no-untyped-call]  # the package has no types for it

_REGISTRY = CollectorRegistry()
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_REFRESH_S = 2.0
"""How old a gauge of another worker may be in a scrape."""

REQUESTS = Counter(
    "pickup_requests",
    "Requests by kind of operation and HTTP status, or the code with which the server closed a WebSocket.",
    ["status", "kind"],
    registry=_REGISTRY,
)
ERRORS = Counter("pickup_errors", "Errors in responses, by extensions.code.", ["code"], registry=_REGISTRY)
DURATIONS = Histogram(
    "pickup_request_seconds",
    "From the first byte of a request to the last byte of its response.",
    ["kind"],
    buckets=_SECONDS,
    registry=_REGISTRY,
)
STATEMENTS = Histogram("pickup_sql_seconds", "Durations of SQL statements.", buckets=_SECONDS, registry=_REGISTRY)
STREAMS = Gauge(
    "pickup_subscriptions_open",
    "Open subscriptions.",
    multiprocess_mode="livesum",
    registry=_REGISTRY,
)

BUSY = Gauge(
    "pickup_sql_connections_busy",
    "Database connections in use.",
    multiprocess_mode="livesum",
    registry=_REGISTRY,
)

WAITING = Gauge(
    "pickup_changes_waiting",
    "Changes that have not begun.",
    multiprocess_mode="livesum",
    registry=_REGISTRY,
)
RETRIES = Counter(
    "pickup_change_retries",
    "Attempts at changes that lost against another one (conflict), or waited too long for a lock or a connection "
    "(lock_timeout); most are made again at once.",
    ["reason"],
    registry=_REGISTRY,
)
COMMIT_SIZES = Histogram(
    "pickup_commit_changes",
    "How many changes shared a commit; SQLite alone.",
    buckets=(1, 2, 4, 8, 16),
    registry=_REGISTRY,
)
LOG_BYTES = Gauge(
    "pickup_sqlite_wal_bytes",
    "Size of SQLite's write-ahead log.",
    multiprocess_mode="livemostrecent",
    registry=_REGISTRY,
)
REPLICA_LAG = Gauge(
    "pickup_replica_lag_seconds",
    "How old the replica's state is; NaN if it does not answer, 0 without a replica.",
    multiprocess_mode="livemostrecent",
    registry=_REGISTRY,
)


@asynccontextmanager
async def measuring(database: Database) -> AsyncIterator[None]:
    """Count what the database measures; if another worker may be scraped, also refresh the gauges for it."""
    timing.listeners.append(STATEMENTS.observe)
    measures.COMMIT_SIZES.listeners.append(COMMIT_SIZES.observe)
    measures.RETRIES.listeners.append(_count_retry)
    refreshing = asyncio.create_task(_keep_observing(database)) if multiprocess.folder() else None
    try:
        yield
    finally:
        if refreshing is not None:
            refreshing.cancel()
            await asyncio.wait([refreshing])
        timing.listeners.remove(STATEMENTS.observe)
        measures.COMMIT_SIZES.listeners.remove(COMMIT_SIZES.observe)
        measures.RETRIES.listeners.remove(_count_retry)


def _count_retry(reason: str) -> None:
    RETRIES.labels(reason).inc()


async def observe(database: Database) -> None:
    """Set the gauges that are looked up."""
    BUSY.set(database.busy)
    WAITING.set(database.waiting)
    LOG_BYTES.set(database.log_bytes)
    REPLICA_LAG.set(await database.replica_lag_s())


async def _keep_observing(database: Database) -> None:
    while True:
        # An error of the replica is logged by the worker that is scraped, which gets it too.
        with suppress(Exception):
            await observe(database)
        await asyncio.sleep(_REFRESH_S)


@cache
def _series(status: int, kind: str) -> tuple[Counter, Histogram | None]:
    """The series that such a request counts in. They are few, and to look one up takes as long as to count in it."""
    # How long a stream or a WebSocket was open says nothing about the server's speed.
    is_timed = kind != "subscription" and status < 1_000
    return REQUESTS.labels(str(status), kind), DURATIONS.labels(kind) if is_timed else None


def count(request_log: RequestLog) -> None:
    """Count a request. Operation names are no labels: clients choose them, and a series is never removed."""
    requests, durations = _series(request_log.status, request_log.kind)
    requests.inc()
    if durations is not None:
        durations.observe(request_log.seconds)
    for code in request_log.codes:
        ERRORS.labels(code).inc()


def exposition() -> bytes:
    if multiprocess.folder() is None:
        return generate_latest(_REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the package has no types for it
    return generate_latest(registry)
