"""What a server under test tells of itself: the lines of its log, and the streams that its metrics count."""

from typing import Any

import httpx
import pytest

from tests.waiting import eventually


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The fields of each line that has some."""
    return [vars(record)["fields"] for record in caplog.records if "fields" in vars(record)]


async def open_streams(client: httpx.AsyncClient) -> float:
    exposed = (await client.get("/metrics")).text.splitlines()
    return float(next(line for line in exposed if line.startswith("pickup_subscriptions_open ")).split()[1])


async def streams_end(client: httpx.AsyncClient) -> None:
    """Waits until none is open."""

    async def none_is_open() -> bool:
        return await open_streams(client) == 0

    await eventually(none_is_open, "the streams end", 10)
