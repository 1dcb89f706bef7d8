"""A span for each request, where the operator has installed OpenTelemetry and named an exporter.

We do not require its packages: `pip install pickup[traces]` brings them. The variables `OTEL_…` are its own.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from graph.observability.request_log import RequestLog

Trace = Callable[[RequestLog, Mapping[str, str]], None]
"""Tells of one request that has been answered, given its headers, which may say whose span is its parent."""

log = logging.getLogger("pickup.traces")


def tracing(environment: Mapping[str, str] = os.environ) -> Trace | None:
    """None where no exporter is named, or the packages are not installed."""
    if not environment.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        from opentelemetry import propagate, trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: no traces")
        return None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("pickup")

    def tell(record: RequestLog, headers: Mapping[str, str]) -> None:
        ended = time.time_ns()
        attributes: dict[str, Any] = {"http.response.status_code": record.status, "url.path": record.path}
        if record.operation:
            attributes["graphql.operation.name"] = record.operation[:80]
        if record.codes:
            attributes["error.type"] = record.codes[0]
        span = tracer.start_span(
            record.kind,
            context=propagate.extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes=attributes | {"graphql.operation.type": record.kind, "request.id": record.request_id},
            start_time=ended - int(record.seconds * 1e9),
        )
        span.end(ended)

    return tell
