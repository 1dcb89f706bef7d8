"""The log lines and the metrics of a server under test."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.support.waiting import eventually


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The fields of each line that has some."""
    return [vars(record)["fields"] for record in caplog.records if "fields" in vars(record)]


@contextmanager
def logging_restored() -> Iterator[None]:
    """What is set up inside holds inside."""
    pickup = logging.getLogger("pickup")
    handlers, level, own_level = logging.root.handlers[:], logging.root.level, pickup.level
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        pickup.setLevel(own_level)


def grown(series: str, before: str, after: str) -> float:
    """By how much one of the figures is larger in the second exposition."""

    def value(text: str) -> float:
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(series)), 0.0)

    return value(after) - value(before)


async def open_streams(client: httpx.AsyncClient) -> float:
    exposed = (await client.get("/metrics")).text.splitlines()
    return float(next(line for line in exposed if line.startswith("pickup_subscriptions_open ")).split()[1])


async def streams_end(client: httpx.AsyncClient) -> None:
    """Waits until none is open."""

    async def none_is_open() -> bool:
        return await open_streams(client) == 0

    await eventually(none_is_open, "the streams end")
