"""The server behind PgBouncer in transaction mode."""

import asyncio
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from graph.transport.responses import REVISION_HEADER
from models.database import replica as replica_module
from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.change_log import check_history
from tests.support.databases import SharedDatabase, created_database, database_url
from tests.support.factories import make_site
from tests.support.followers import Follower
from tests.support.processes import environment, served
from tests.support.serving import PICKUP, serving
from tests.support.waiting import eventually

CALLS = 150


@pytest.fixture
def url(postgres_database: SharedDatabase) -> str:
    """PostgreSQL alone."""
    postgres_database.empty()
    return postgres_database.url


@pytest.fixture
def pooled_url(url: str, pooled_database: str) -> str:
    """The same database behind PgBouncer."""
    return pooled_database


@pytest.mark.parametrize("command", [["migrate"], ["check"], ["serve", "--port", "0"]], ids=lambda command: command[0])
def test_command_says_what_pooler_needs(pooled_url: str, command: list[str]) -> None:
    done = subprocess.run(
        [PICKUP, *command], env=environment(pooled_url, {}), capture_output=True, text=True, timeout=120, check=False
    )

    where = pooled_url.partition("@")[2].partition("/")[0]
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"pickup: the database at {where} cannot be used: a pooler such as PgBouncer is in front of it: add "
        "statement_cache_size=0 to the URL: NAME?statement_cache_size=0\n",
    )


async def test_mutations_and_live_changes_behind_pooler(pooled_url: str, url: str, crowd: Crowd) -> None:
    async with served(f"{pooled_url}?statement_cache_size=0") as server:
        follower = Follower(server.address, crowd.site.id)
        following = asyncio.create_task(follower.keep_following())
        async with asyncio.timeout(60):
            await crowd.act(server.address, 8, lambda: len(crowd.calls) < CALLS)
        changes = await check_history(url, crowd)

        async def caught_up() -> bool:
            return len(follower.revisions) >= changes

        await eventually(caught_up, "the follower has seen all")
        following.cancel()
        await server.stop()

    assert crowd.codes == {}
    assert changes > 0
    assert follower.revisions == list(range(1, changes + 1))
    assert follower.streams == 1


@pytest.fixture
def other_database(postgres: str) -> Iterator[str]:
    """The name of another database of the server, up to date and empty."""
    with created_database(postgres) as url:
        asyncio.run(migrate_database(parse_database_url(url)))
        yield urlsplit(url).path[1:]


async def test_replica_behind_pooler_is_read(
    pooled_url: str, url: str, other_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands for the replica is empty, so that its answers differ from those of the primary."""
    # Longer than it takes to connect on a busy machine.
    monkeypatch.setattr(replica_module, "RESPONSE_TIMEOUT_S", 30)
    replica = f"{database_url(pooled_url, other_database)}?statement_cache_size=0"
    async with serving(url, replica_url=replica) as api:
        site = await make_site()
        count = await api.answer("{ sites { totalCount } }")
        created = await api.attempt("createPickupGroup", "violations { rule }", siteId=site.id, name="Sales")
        headers = {REVISION_HEADER: f"{site.id}=1"}
        own = await api.http.post("/graphql", json={"query": "{ sites { totalCount } }"}, headers=headers)

    assert count == {"data": {"sites": {"totalCount": 0}}}
    assert created == {"data": {"createPickupGroup": {"violations": []}}}
    assert own.json() == {"data": {"sites": {"totalCount": 1}}}
