"""`pickup backup` while many write: the copy keeps every rule, and has what was acknowledged before it began."""

import asyncio
import time
from pathlib import Path

import pytest

from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.administrators import Crowd
from tests.support.change_log import check_history
from tests.support.processes import environment, served
from tests.support.serving import PICKUP
from tests.support.waiting import eventually
from tests.system.resilience.conftest import FULL, Record

CLIENTS = 8
CALLS_BETWEEN = 40


@pytest.mark.parametrize("backups", [1, pytest.param(10 if FULL else 3, marks=pytest.mark.slow)])
async def test_backup_under_load_has_every_change_acknowledged_before(
    tmp_path: Path, backups: int, record_property: Record
) -> None:
    url = f"sqlite://{tmp_path}/pickup.sqlite3"
    await migrate_database(parse_database_url(url))
    async with opened_database(parse_database_url(url)):
        crowd = await Crowd.of_new_site()
    over = False
    seconds = []
    copies: dict[Path, int] = {}
    async with served(url) as server:
        working = asyncio.create_task(crowd.act(server.address, CLIENTS, lambda: not over))
        for number in range(backups):
            await work_on(crowd)
            copy = tmp_path / f"copy{number}.sqlite3"
            copies[copy] = highest_revision(crowd)
            began = time.perf_counter()
            assert await run("backup", str(copy), url=url) == 0
            seconds.append(time.perf_counter() - began)
        over = True
        await working
        await server.stop()

    assert crowd.codes == {}
    changes = await check_history(url, crowd)
    for copy, acknowledged in copies.items():
        # What came after the beginning may be in the copy or not, as a whole.
        assert 0 < acknowledged <= await revision_of(f"sqlite://{copy}") <= changes
    record_property("figure", f"{backups} backups under load, {max(seconds):.1f} s at most, {len(crowd.calls)} calls")


async def work_on(crowd: Crowd) -> None:
    """Until many calls more have been answered."""
    total = sum(call.answered for call in crowd.calls) + CALLS_BETWEEN

    async def enough() -> bool:
        return sum(call.answered for call in crowd.calls) >= total

    await eventually(enough, "calls are answered", 60)


def highest_revision(crowd: Crowd) -> int:
    """The highest revision of the site in an acknowledged answer."""
    payloads = [call.payload for call in crowd.calls if call.payload and not call.payload["violations"]]
    return max(int(payload["pickupGroup"]["site"]["revision"]) for payload in payloads if payload.get("pickupGroup"))


async def run(*arguments: str, url: str) -> int:
    """The exit code of the command."""
    process = await asyncio.create_subprocess_exec(PICKUP, *arguments, env=environment(url, {}))
    return await process.wait()


async def revision_of(url: str) -> int:
    """The revision of the only site of a copy, which has as many changes and breaks no rule."""
    assert await run("check", url=url) == 0
    async with opened_database(parse_database_url(url)) as database, database.reading() as session:
        (site,) = await session.fetch("SELECT revision FROM sites", [])
        (changes,) = await session.fetch("SELECT count(*) AS number FROM changes", [])
    assert changes["number"] == site["revision"]
    return int(site["revision"])
