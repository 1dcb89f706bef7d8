"""The host check of an open server."""

import asyncio

import pytest

from graph.middleware.hosts import is_loopback
from tests.graph.conftest import Serve
from tests.support.endpoint import code
from tests.support.serving import SECRET

PORTAL = "https://portal.example.com"


async def test_open_server_rejects_preflight_to_another_host(serve: Serve) -> None:
    async with serve(cors_origins=(PORTAL,)) as client:
        response = await client.options(
            "/graphql",
            headers={"Origin": PORTAL, "Access-Control-Request-Method": "POST", "Host": "evil.example.com"},
        )

    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost:8000", True),
        ("127.0.0.1", True),
        ("127.5.6.7:80", True),
        ("[::1]:8000", True),
        ("::1", False),
        ("", False),
        ("localhost.evil.example.com", False),
        ("evil.example.com", False),
        ("10.0.0.1", False),
        ("[::1", False),
        ("0.0.0.0", False),
    ],
)
async def test_open_server_accepts_loopback_hosts_alone(serve: Serve, host: str, expected: bool) -> None:
    async with serve() as client:
        response = await client.post(
            "/graphql", json={"query": "{__typename}"}, headers={"Host": host, "Accept-Language": "en"}
        )

    assert is_loopback(host) is expected
    assert response.status_code == (200 if expected else 403)
    assert expected or code(response) == "FORBIDDEN"


async def test_server_with_a_key_accepts_any_host(serve: Serve) -> None:
    async with serve(jwt_secret=SECRET) as client:
        response = await client.get("/healthz", headers={"Host": "pickup.example.com"})

    assert response.status_code == 200


async def test_open_server_rejects_websocket_to_another_host(listen: Serve) -> None:
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13"
    async with listen() as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(
            "GET /graphql HTTP/1.1\r\nHost: evil.example.com\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\n{key}\r\n\r\n".encode()
        )
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert b" 403 " in status
