"""One OpenTelemetry span for each request, if an exporter is configured.

The packages are optional: `pip install pickup[traces]` installs them. OpenTelemetry reads its own `OTEL_…` variables.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from graph.observability.request_log import RequestLog

Trace = Callable[[RequestLog, Mapping[str, str]], None]
"""Exports the span of a finished request. Its headers may name the parent span."""

log = logging.getLogger("pickup.traces")


def tracing(environment: Mapping[str, str] = os.environ) -> Trace | None:
    """None if no exporter is configured, or if OpenTelemetry is not installed."""
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

    def export_span(request_log: RequestLog, headers: Mapping[str, str]) -> None:
        ended = time.time_ns()
        attributes: dict[str, Any] = {"http.response.status_code": request_log.status, "url.path": request_log.path}
        if request_log.operation:
            attributes["graphql.operation.name"] = request_log.operation[:80]
        if request_log.codes:
            attributes["error.type"] = request_log.codes[0]
        span = tracer.start_span(
            request_log.kind,
            context=propagate.extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes=attributes | {"graphql.operation.type": request_log.kind, "request.id": request_log.request_id},
            start_time=ended - int(request_log.seconds * 1e9),
        )
        span.end(ended)

    return export_span
