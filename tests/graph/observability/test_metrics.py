"""Metrics of several workers, in the folder that they share."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from graph.observability.multiprocess import remove_metrics_of_earlier_run
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.databases import sites_locked
from tests.support.factories import make_site
from tests.support.followers import CHANGES
from tests.support.processes import ServerProcess, served
from tests.support.serving import token
from tests.support.waiting import eventually

COUNT = """
from graph.observability.metrics import count, exposition
from graph.observability.request_log import RequestLog

count(RequestLog("1", status=200, kind="query"))
print(exposition().decode())
"""
LAG = """
import sys
from graph.observability.metrics import REPLICA_LAG, exposition

REPLICA_LAG.set(float(sys.argv[1]))
print(exposition().decode())
"""
CREATE = """mutation($site: ID!, $name: String!) {
  createPickupGroup(input: {siteId: $site, name: $name}) { violations { rule } } }"""
AUTHORIZATION = {"Authorization": f"Bearer {token()}"}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the workers")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "metrics"
    path.mkdir()
    return path


@pytest.fixture
async def site_id(url: str) -> str:
    async with opened_database(parse_database_url(url)):
        return (await make_site()).id


def run(folder: Path, program: str, *arguments: str) -> str:
    """What the program prints as a worker of that folder."""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def value(exposed: str, name: str) -> float:
    return float(next(line.split()[1] for line in exposed.splitlines() if line.startswith(f"{name} ")))


def own_value(folder: Path, pid: int, name: str) -> float:
    """What one worker adds to that sum of the live ones; 0 if it has said nothing."""
    files = [str(file) for file in folder.glob(f"gauge_livesum_{pid}.db")]
    found = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # the package has no types for it
    values: list[float] = [sample.value for metric in found for sample in metric.samples if sample.name == name]
    return sum(values)


async def scrape(http: httpx.AsyncClient, name: str) -> float:
    return value((await http.get("/metrics")).text, name)


@asynccontextmanager
async def subscribed(server: ServerProcess, site_id: str) -> AsyncIterator[None]:
    body = {"query": CHANGES, "variables": {"site": site_id}}
    headers = AUTHORIZATION | {"Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=server.address, timeout=60) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        yield


def test_any_worker_answers_for_all_with_a_multiprocess_folder(folder: Path) -> None:
    run(folder, COUNT)
    exposed = run(folder, COUNT)

    assert 'pickup_requests_total{kind="query",status="200"} 2.0' in exposed


@pytest.mark.parametrize("earlier", ["NaN", "5"])
def test_latest_lag_of_replica_counts(folder: Path, earlier: str) -> None:
    run(folder, LAG, earlier)
    exposed = run(folder, LAG, "3")

    assert value(exposed, "pickup_replica_lag_seconds") == 3


@pytest.mark.slow
@ON_LINUX
async def test_worker_that_is_never_scraped_refreshes_its_gauges(url: str, site_id: str, folder: Path) -> None:
    changing: list[asyncio.Task[None]] = []

    async def change(server: ServerProcess, name: str) -> None:
        # On a connection of its own, which either worker may take.
        async with httpx.AsyncClient(base_url=server.address, headers=AUTHORIZATION, timeout=60) as http:
            await http.post("/graphql", json={"query": CREATE, "variables": {"site": site_id, "name": name}})

    url = f"{url}{'&' if '?' in url else '?'}maxsize=2" if url.startswith("postgres") else url
    async with (
        served(url, workers=2, PROMETHEUS_MULTIPROC_DIR=str(folder)) as server,
        # All scrapes are on one connection, so one worker answers them.
        httpx.AsyncClient(base_url=server.address, timeout=60) as scraper,
    ):
        await scraper.get("/metrics")

        async def waiting_in_both() -> bool:
            changing.append(asyncio.create_task(change(server, f"Group {len(changing)}")))
            return all(own_value(folder, pid, "pickup_changes_waiting") for pid in server.children())

        async def at_rest() -> bool:
            names = ("pickup_changes_waiting", "pickup_sql_connections_busy")
            return [await scrape(scraper, name) for name in names] == [0, 0]

        async with sites_locked(url):
            await eventually(waiting_in_both, "changes wait in both workers")
            shown = await scrape(scraper, "pickup_changes_waiting")
        await asyncio.gather(*changing)
        await eventually(at_rest, "the gauges say that no change waits and no connection is in use")
        await server.stop()

    assert shown >= 2


@pytest.mark.slow
@ON_LINUX
async def test_gauges_of_killed_worker_go_away(url: str, site_id: str, folder: Path) -> None:
    name = "pickup_subscriptions_open"
    async with (
        served(url, workers=2, PROMETHEUS_MULTIPROC_DIR=str(folder)) as server,
        httpx.AsyncClient(base_url=server.address, headers={"Connection": "close"}, timeout=60) as http,
        AsyncExitStack() as streams,
    ):
        await streams.enter_async_context(subscribed(server, site_id))
        before = await scrape(http, name)
        statements = await scrape(http, "pickup_sql_seconds_count")
        (holder,) = [pid for pid in server.children() if own_value(folder, pid, name)]
        os.kill(holder, signal.SIGKILL)

        async def gone() -> bool:
            with suppress(httpx.TransportError):  # the killed worker may have taken the connection
                return await scrape(http, name) == 0
            return False

        await eventually(gone, "the gauge of the killed worker goes away")
        counted = await scrape(http, "pickup_sql_seconds_count")
        await server.stop()

    assert before == 1
    assert counted >= statements > 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
async def test_restarted_server_begins_with_new_metrics(url: str, site_id: str, folder: Path, workers: int) -> None:
    async with (
        served(url, workers=workers, PROMETHEUS_MULTIPROC_DIR=str(folder)) as server,
        httpx.AsyncClient(base_url=server.address, headers={"Connection": "close"}, timeout=60) as http,
    ):
        async with subscribed(server, site_id):
            before = await scrape(http, "pickup_subscriptions_open")
            await server.kill()
        await server.start()
        after = (await http.get("/metrics")).text
        await server.stop()

    assert before == 1
    assert value(after, "pickup_subscriptions_open") == 0
    # `ready` asked the database: the server's own files are still there.
    assert value(after, "pickup_sql_seconds_count") > 0


def test_only_files_with_metrics_are_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"pickup.db", "counter.db", "gauge_livesum_7.db.copy"}
    for name in {"counter_7.db", "histogram_12.db", "gauge_livesum_7.db"} | theirs:
        (folder / name).touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))

    remove_metrics_of_earlier_run()

    assert {file.name for file in folder.iterdir()} == theirs
