"""Following a site: stored changes first, then each as it comes, once and in order."""

import asyncio
from typing import Any

import orjson
import pytest

from models.caller import ANONYMOUS, Caller
from models.database import notifications, timing
from models.database.database import Database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.domain.rules import NodeReference
from models.errors import BadInput, NotFoundError
from models.site import Site
from resolvers.pickup_group_mutations import create_group
from resolvers.subscriptions import BATCH, follow_site
from resolvers.transactions import MutationContext
from tests.support.databases import execute
from tests.support.factories import make_site
from tests.support.root_fields import CHANGES, CREATED, root_field
from tests.support.sessions import ON_POSTGRES


async def record(database: Database, site: Site, *names: str) -> None:
    mutation = MutationContext(database, root_field(CREATED), str)
    for name in names:
        reference = NodeReference(site.id, site.key)
        result = await create_group(mutation, reference, name, [], move=False, dry_run=False)
        assert not result.violations


async def take(following: Any, number: int) -> list[tuple[int, str]]:
    async with asyncio.timeout(60):
        events = [await anext(following) for _ in range(number)]
    return [(revision, orjson.loads(orjson.dumps(json))["nameAfter"]) for revision, json in events]


async def test_changes_stream_begins_with_stored_changes(database: Database) -> None:
    site, other = await make_site(), await make_site()
    await record(database, site, "One", "Two")
    following = await follow_site(database, root_field(CHANGES), site.key, 1)

    stored = await take(following, 1)
    upcoming = asyncio.create_task(take(following, 2))
    await record(database, other, "Elsewhere")
    await record(database, site, "Three", "Four")

    assert stored == [(2, "Two")]
    assert await upcoming == [(3, "Three"), (4, "Four")]
    await following.aclose()


async def test_changes_stream_without_revision_begins_now(database: Database) -> None:
    site = await make_site()
    await record(database, site, "Old")
    following = await follow_site(database, root_field(CHANGES), site.key, None)

    upcoming = asyncio.create_task(take(following, 1))
    await record(database, site, "New")

    assert await upcoming == [(2, "New")]
    await following.aclose()


@pytest.mark.parametrize("batch", [1, 2, BATCH])
async def test_changes_stream_has_no_gap_between_batches(database: Database, batch: int) -> None:
    site = await make_site()
    await record(database, site, *(f"Group {number}" for number in range(batch + 3)))

    following = await follow_site(database, root_field(CHANGES), site.key, 0, batch)

    assert [revision for revision, _ in await take(following, batch + 3)] == list(range(1, batch + 4))
    await following.aclose()


async def test_changes_streams_of_one_site_are_equal(database: Database) -> None:
    site = await make_site()
    streams = [await follow_site(database, root_field(CHANGES), site.key, 0) for _ in range(2)]

    upcoming = [asyncio.create_task(take(stream, 2)) for stream in streams]
    await record(database, site, "One", "Two")

    assert [await one for one in upcoming] == [[(1, "One"), (2, "Two")]] * 2
    for stream in streams:
        await stream.aclose()


async def test_subscriber_is_woken_by_changes_of_its_own_site_alone(database: Database) -> None:
    site, other = await make_site(), await make_site()
    with database.notifier.subscribe(site.key) as woken, database.notifier.subscribe(other.key) as other_woken:
        async with asyncio.timeout(60):
            # By the first comparison of the revisions.
            await woken.wait()
            await other_woken.wait()
            for name in ("One", "Two", "Three"):
                woken.clear()
                other_woken.clear()
                await record(database, other, name)
                await other_woken.wait()
                assert not woken.is_set()
            await record(database, site, "Four")
            await woken.wait()


async def test_changes_streams_of_one_selection_share_reads(database: Database) -> None:
    site = await make_site()
    root = root_field(CHANGES, number=-1)
    streams = [await follow_site(database, root, site.key, 0) for _ in range(20)]
    await record(database, site, "One")
    assert await asyncio.gather(*(take(stream, 1) for stream in streams)) == [[(1, "One")]] * 20

    upcoming = [asyncio.create_task(take(stream, 1)) for stream in streams]
    durations: list[float] = []
    timing.listeners.append(durations.append)
    try:
        await record(database, site, "Two")
        events = await asyncio.gather(*upcoming)
    finally:
        timing.listeners.remove(durations.append)

    assert events == [[(2, "Two")]] * 20
    # Those of the mutation, a read that is shared, and one more if the revisions were first compared meanwhile.
    assert len(durations) < 20
    for stream in streams:
        await stream.aclose()


async def test_changes_streams_of_different_grants_share_no_read(database: Database) -> None:
    site = await make_site(external_id="north")
    granted = Caller("ann", ANONYMOUS.permissions, frozenset({"north"}))
    streams = [
        await follow_site(database, root_field(CHANGES, caller, number=-2), site.key, 0)
        for caller in (granted, ANONYMOUS)
    ]
    upcoming = [asyncio.create_task(take(stream, 2)) for stream in streams]
    await record(database, site, "One")
    await execute_on(database, "UPDATE sites SET external_id = 'south'")
    await record(database, site, "Two")

    assert await upcoming[1] == [(1, "One"), (2, "Two")]
    # The stream of the other grant waits, or has found out that it sees the site no longer.
    upcoming[0].cancel()
    await asyncio.wait(upcoming)
    assert upcoming[0].cancelled() or isinstance(upcoming[0].exception(), NotFoundError)
    for stream in streams:
        await stream.aclose()


async def execute_on(database: Database, statement: str) -> None:
    await database.change(lambda transaction: transaction.fetch(statement, []))


@ON_POSTGRES
async def test_changes_stream_behind_pooler_needs_no_notification(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Who listens alone never gets to know.
    monkeypatch.setattr(notifications, "REFRESH_S", 3_600)
    async with opened_database(parse_database_url(f"{url.partition('?')[0]}?statement_cache_size=0")) as database:
        site = await make_site()
        following = await follow_site(database, root_field(CHANGES), site.key, None)

        for revision in (1, 2, 3):
            upcoming = asyncio.create_task(take(following, 1))
            await record_quietly(url, site, revision)
            assert await upcoming == [(revision, "Quiet")]

        await following.aclose()


async def record_quietly(url: str, site: Site, revision: int) -> None:
    """Record a change without a notification."""
    await execute(
        url,
        "SET session_replication_role = replica",
        f"UPDATE sites SET revision = {revision} WHERE id = {site.key}",
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, name_after) "
        f"VALUES ({site.key}, {revision}, 'PICKUP_GROUP_CREATED', 'me', '2026-01-01T00:00:00.000000Z', 'Quiet')",
    )


@pytest.mark.parametrize("after", [-1, 1])
async def test_changes_stream_rejects_impossible_revision(database: Database, after: int) -> None:
    site = await make_site()

    with pytest.raises(BadInput):
        await follow_site(database, root_field(CHANGES), site.key, after)


async def test_changes_stream_of_unknown_or_ungranted_site_is_not_found(database: Database) -> None:
    site = await make_site()
    stranger = Caller("stranger", ANONYMOUS.permissions, frozenset({"elsewhere"}))

    for caller, key in ((ANONYMOUS, None), (ANONYMOUS, 99), (stranger, site.key)):
        with pytest.raises(NotFoundError):
            await follow_site(database, root_field(CHANGES, caller), key, 0)
