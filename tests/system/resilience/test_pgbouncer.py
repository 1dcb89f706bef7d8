"""The server behind PgBouncer in transaction mode."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.administrators import Crowd
from tests.support.change_log import check_history
from tests.support.databases import SharedDatabase, connected
from tests.support.pgbouncer import pgbouncer_program, transaction_pooler
from tests.support.processes import environment, served
from tests.support.serving import PICKUP
from tests.support.waiting import eventually

CALLS = 150


@pytest.fixture
def url(postgres_database: SharedDatabase) -> str:
    """PostgreSQL alone."""
    postgres_database.empty()
    return postgres_database.url


@pytest.fixture
async def pooled_url(url: str) -> AsyncIterator[str]:
    """The same database behind PgBouncer, which accepts connections."""
    program = pgbouncer_program()
    if program is None:
        pytest.skip("no PgBouncer: install it (Debian: apt-get install pgbouncer)")
    with transaction_pooler(program, url) as pooled:

        async def answers() -> bool:
            try:
                async with connected(pooled):
                    return True
            except (OSError, asyncpg.PostgresError):
                return False

        await eventually(answers, "PgBouncer answers")
        yield pooled


@pytest.mark.parametrize("command", ["migrate", "check", "serve"])
def test_command_says_what_pooler_needs(pooled_url: str, command: str) -> None:
    done = subprocess.run(
        [PICKUP, command], env=environment(pooled_url, {}), capture_output=True, text=True, timeout=60, check=False
    )

    where = pooled_url.partition("@")[2].partition("/")[0]
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"pickup: the database at {where} cannot be used: a pooler such as PgBouncer is in front of it: add "
        "statement_cache_size=0 to the URL: NAME?statement_cache_size=0\n",
    )


async def test_mutations_behind_pooler_are_all_in_change_log(pooled_url: str, url: str, crowd: Crowd) -> None:
    async with served(f"{pooled_url}?statement_cache_size=0") as server:
        async with asyncio.timeout(60):
            await crowd.act(server.address, 8, lambda: len(crowd.calls) < CALLS)
        await server.stop()

    assert crowd.codes == {}
    assert await check_history(url, crowd) > 0
