"""Spans, sent to an OpenTelemetry collector."""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from graph.observability.tracing import tracing
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.waiting import eventually

EXPORTER = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_nothing_is_traced_without_an_exporter() -> None:
    assert tracing({}) is None
    assert tracing({EXPORTER: ""}) is None


def test_missing_packages_are_logged_as_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    assert tracing({EXPORTER: "http://127.0.0.1:4318"}) is None
    assert "OpenTelemetry is not installed" in caplog.text


@pytest.fixture
def collected() -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a collector, and the bodies of the requests to it."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()


async def test_request_is_exported_as_child_of_its_callers_span(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, collected: tuple[str, list[bytes]]
) -> None:
    endpoint, bodies = collected
    monkeypatch.setenv(EXPORTER, endpoint)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    parent = "0af7651916cd43dd8448eb211c80319c"

    async with serve(trial.schema) as client:
        await client.post(
            "/graphql",
            json={"query": "mutation Page{forbidden}"},
            headers={"traceparent": f"00-{parent}-b7ad6b7169203331-01", "X-Request-Id": "trace-7"},
        )

    async def received() -> bytes:
        return b"".join(bodies)

    sent = await eventually(received, "the span arrives")
    assert bytes.fromhex(parent) in sent
    for text in (b"mutation", b"Page", b"FORBIDDEN", b"trace-7", b"/graphql"):
        assert text in sent
