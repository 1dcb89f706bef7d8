"""The primary is lost under load, and its synchronous standby promoted."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.change_log import check_history
from tests.support.databases import Cluster, connected, execute
from tests.support.followers import Follower
from tests.support.processes import environment, served
from tests.support.sample import SAMPLE, rows_of
from tests.support.serving import PICKUP
from tests.support.waiting import eventually
from tests.system.resilience.conftest import FULL, Record

TIMES = 20 if FULL else 1
CLIENTS = 32
ENOUGH = 100 if FULL else 40
"""Calls that are acknowledged before the primary is lost, and again afterwards."""

SAMPLE_FILES = [part for name in ("sites", "users", "groups") for part in (f"--{name}", str(SAMPLE / f"{name}.csv"))]

GOOD_WITHIN_S = 5
"""After the promotion."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for PostgreSQL's processes"),
]


def kill(primary: Cluster) -> None:
    primary.signal(signal.SIGKILL)


def hang(primary: Cluster) -> None:
    """It accepts connections and never answers."""
    primary.signal(signal.SIGSTOP)


def switch_over(primary: Cluster) -> None:
    """The standby gets everything before the primary stops."""
    primary.stop("fast")


def refuse_writes(primary: Cluster) -> None:
    asyncio.run(
        execute(primary.url, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"),
    )


@pytest.fixture
def pair(cluster: Cluster, postgres_programs: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary, up to date, and its synchronous standby."""
    asyncio.run(migrate_database(parse_database_url(cluster.url)))
    with Cluster(postgres_programs, copy_of=cluster) as standby:
        asyncio.run(wait_for_standby(cluster))
        yield cluster, standby


async def wait_for_standby(primary: Cluster) -> None:
    await execute(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
    synchronous = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
    async with connected(primary.url) as watcher:
        await eventually(lambda: watcher.fetchval(synchronous), "the standby is synchronous")


def several(*clusters: Cluster) -> str:
    """The URL that names them all."""
    return f"postgres://postgres@{','.join(f'127.0.0.1:{cluster.port}' for cluster in clusters)}/postgres"


@pytest.mark.parametrize("time_of", range(TIMES))
@pytest.mark.parametrize("lose", [kill, hang, switch_over, refuse_writes])
async def test_standby_takes_over_under_load(
    pair: tuple[Cluster, Cluster], lose: Callable[[Cluster], None], time_of: int, record_property: Record
) -> None:
    primary, standby = pair
    async with opened_database(parse_database_url(primary.url)):
        crowd = await Crowd.of_new_site()
    over = False
    async with served(several(primary, standby), workers=2) as server:
        follower = Follower(server.address, crowd.site.id)
        following = asyncio.create_task(follower.keep_following())
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))
        await acknowledged(crowd, 0, ENOUGH)
        await asyncio.to_thread(lose, primary)
        lost = len(crowd.calls)
        await asyncio.to_thread(standby.promote)
        promoted = time.perf_counter()
        await acknowledged(crowd, lost, 1)
        first_good = time.perf_counter() - promoted
        await acknowledged(crowd, lost, ENOUGH)
        over = True
        await working
        changes = await check_history(standby.url, crowd)
        await follower.see_all(changes, following, server.log)
        await server.stop()

    assert set(crowd.codes) <= {"UNAVAILABLE"}
    assert follower.revisions == list(range(1, changes + 1))
    assert follower.streams == 1, "the stream lived on"
    record_property(
        "figure",
        f"time {time_of + 1}: first good answer {first_good:.2f} s after the promotion; "
        f"{len(crowd.calls)} calls, {crowd.codes['UNAVAILABLE']} of them UNAVAILABLE, 0 acknowledged ones lost",
    )
    assert first_good < GOOD_WITHIN_S


def test_commands_find_the_host_that_takes_writes(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, standby = pair
    url = several(standby, primary)
    asyncio.run(execute(primary.url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))

    done = [run(url, *command) for command in (["migrate"], ["import", *SAMPLE_FILES])]
    done.append(run(url, "export", "--directory", str(tmp_path)))
    primary.stop("immediate")
    lost = run(url, "check")

    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 3
    assert len((tmp_path / "users.csv").read_text().splitlines()) == rows_of("users") + 1
    first, second = (f"127.0.0.1:{cluster.port}" for cluster in (standby, primary))
    assert (lost.returncode, lost.stdout) == (2, "")
    assert lost.stderr == (
        f"pickup: the database at {first},{second} cannot be used: no host can be used ({first}: takes no writes; "
        f"{second}: refuses connections): promote one, or add the primary's host to the URL\n"
    )


def run(url: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PICKUP, *command], env=environment(url, {}), capture_output=True, text=True, timeout=120, check=False
    )


async def acknowledged(crowd: Crowd, first: int, number: int) -> None:
    """Of the calls from that one on, so many are acknowledged."""

    async def enough() -> bool:
        return sum(call.acknowledged for call in crowd.calls[first:]) >= number

    await eventually(enough, "calls are acknowledged", 60)
