"""What Prometheus may ask for.

Where several workers share a port each scrape meets one of them, unless `PROMETHEUS_MULTIPROC_DIR` names an
empty folder: then whichever is met answers for all.
"""

import os

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

from graph.observability.request_log import RequestLog

CONTENT_TYPE = CONTENT_TYPE_LATEST

disable_created_metrics()  # type: ignore[no-untyped-call]  # the package has no types for it

_REGISTRY = CollectorRegistry()
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter(
    "pickup_requests",
    "Requests answered, by kind of operation and HTTP status, or code with which we closed a WebSocket.",
    ["status", "kind"],
    registry=_REGISTRY,
)
ERRORS = Counter("pickup_errors", "Errors told to clients, by extensions.code.", ["code"], registry=_REGISTRY)
DURATIONS = Histogram(
    "pickup_request_seconds",
    "From the first byte of a request to the last of its answer.",
    ["kind"],
    buckets=_SECONDS,
    registry=_REGISTRY,
)
STATEMENTS = Histogram(
    "pickup_sql_seconds", "SQL statements, and how long each took.", buckets=_SECONDS, registry=_REGISTRY
)
STREAMS = Gauge(
    "pickup_subscriptions_open",
    "Subscriptions that are being served.",
    multiprocess_mode="livesum",
    registry=_REGISTRY,
)

BUSY = Gauge(
    "pickup_sql_connections_busy",
    "Connections to the database that are at work.",
    multiprocess_mode="livesum",
    registry=_REGISTRY,
)

# Looking a series up by its labels takes a lock and a check of each; there are few, so we keep them.
_requests: dict[tuple[int, str], Counter] = {}
_errors: dict[str, Counter] = {}
_durations: dict[str, Histogram] = {}


def count(record: RequestLog) -> None:
    """Operation names are no labels: clients choose them, and each would be a series for ever."""
    key = (record.status, record.kind)
    if key not in _requests:
        _requests[key] = REQUESTS.labels(str(record.status), record.kind)
    _requests[key].inc()
    for code in record.codes:
        if code not in _errors:
            _errors[code] = ERRORS.labels(code)
        _errors[code].inc()
    # How long a stream or a WebSocket was open says nothing about how fast we are.
    if record.kind != "subscription" and record.status < 1_000:
        if record.kind not in _durations:
            _durations[record.kind] = DURATIONS.labels(record.kind)
        _durations[record.kind].observe(record.seconds)


def exposition() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(_REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the same
    return generate_latest(registry)
