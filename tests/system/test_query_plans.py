"""The plan of each list: it reads an index, whatever its order, window, search and filter, and however long it is.

Every query runs as on the server, over so many rows that a bad plan shows.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from tests.support.databases import KINDS, connected, new_database
from tests.support.lists import CONNECTIONS, INFO
from tests.support.plans.checker import PlanChecker, recorded_statements
from tests.support.plans.limits import DEPTH, FEW, PAGE
from tests.support.plans.problems import PlanLimits, Statement, reads_list
from tests.support.plans.queries import PLAIN, SEARCHES, ListQuery, conditions, descending, orders
from tests.support.plans.rows import BIG_SITE, IDS, LENGTHS, TIED_SITE, fill_postgres, fill_sqlite
from tests.support.sessions import ON_SQLITE


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with these rows, which the tests here share and do not change."""
    with new_database(request, tmp_path_factory.mktemp("plans")) as new:
        asyncio.run(migrate_database(parse_database_url(new)))
        if request.param == "sqlite":
            fill_sqlite(new.removeprefix("sqlite://"))
        else:
            asyncio.run(fill_postgres(new))
        yield new


@pytest.fixture(autouse=True)
def statements() -> Iterator[list[Statement]]:
    with recorded_statements() as statements:
        yield statements


@pytest.fixture
async def plans(url: str, database: Database, statements: list[Statement]) -> AsyncIterator[PlanChecker]:
    if database.dialect == "sqlite":
        with closing(sqlite3.connect(database.url.path)) as file:
            yield PlanChecker(database, statements, file)
        return
    async with connected(url) as connection:
        yield PlanChecker(database, statements, connection)


async def test_plan_check_detects_bad_plans(plans: PlanChecker) -> None:
    everything = PlanLimits(LENGTHS["users"], LENGTHS["users"], scan=True)
    of_site = f"SELECT id FROM users AS x WHERE site_id = {BIG_SITE}"

    async def good(sql: str, limits: PlanLimits) -> bool:
        return await plans.problems_of((sql, ()), limits) == []

    assert await good(f"{of_site} ORDER BY sort_key LIMIT {PAGE}", PlanLimits(FEW, FEW))
    assert not await good(f"{of_site} AND email = ''", replace(everything, rows=FEW))
    assert not await good("SELECT id FROM users AS x WHERE email = ''", replace(everything, scan=False))
    assert not await good(f"SELECT id FROM users AS x ORDER BY email LIMIT {PAGE}", replace(everything, sorted=FEW))


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_page_is_read_by_index_in_order(plans: PlanChecker, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        early, later, late = await plans.cursors(ListQuery(name, order))
        windows: list[dict[str, Any]] = [{"first": PAGE}, {"first": PAGE, "after": later}]
        windows += [{"last": PAGE}, {"last": PAGE, "before": late}]
        if not descending(order):
            # In the other direction these are the same the other way round.
            windows += [{"first": PAGE, "before": late}, {"first": PAGE, "after": early, "before": later}]
            windows += [{"last": PAGE, "after": later}, {"last": PAGE, "after": early, "before": later}]
        for window in windows:
            data = await plans.add(ListQuery(name, window | order))
            assert len(CONNECTIONS[name].page_in(data["found"])["edges"]) == PAGE

    plans.check()


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_search_and_filter_use_index(plans: PlanChecker, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        windows: list[dict[str, Any]] = [{"first": PAGE}, {"last": PAGE}]
        if not descending(order):
            _, later, late = await plans.cursors(ListQuery(name, order))
            windows = [{"first": PAGE, "after": later}, {"last": PAGE, "before": late}]
        for (condition, given), window in product(conditions(CONNECTIONS[name]).items(), windows):
            await plans.add(ListQuery(name, window | order | given, condition))

    plans.check()


OVER_SITES = [name for name, listed in CONNECTIONS.items() if listed.parent is None]


@pytest.mark.parametrize("name", OVER_SITES)
async def test_list_of_granted_sites_uses_indexes(plans: PlanChecker, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        _, later, late = await plans.cursors(ListQuery(name, order))
        for window in ({"first": PAGE, "after": later}, {"last": PAGE, "before": late}):
            await plans.add(ListQuery(name, window | order, "", "granted"))
        for condition, given in conditions(CONNECTIONS[name]).items():
            if not descending(order):
                await plans.add(ListQuery(name, {"first": PAGE} | order | given, condition, "granted"))

    plans.check()


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_total_count_uses_index(plans: PlanChecker, name: str) -> None:
    for condition, given in (PLAIN | conditions(CONNECTIONS[name])).items():
        for caller in ("ungranted", "granted") if name in OVER_SITES or not condition else ("ungranted",):
            await plans.add(ListQuery(name, given, condition, caller, counted=True))

    plans.check()


ON_SITE = f'site(id: "{IDS["Site"]}") {{ %s }}'
NESTED = {
    "sites": (
        f'sites(filter: {{externalIds: ["s-{BIG_SITE}", "s-3", "s-7"]}}) {{ nodes {{ name * }} }}',
        ("Site.users", "Site.pickupGroups", "Site.changes"),
    ),
    "groups": (
        "pickupGroups(first: 3) { nodes { memberCount * } }",
        ("members", "availableUsers", "PickupGroup.changes"),
    ),
    "changes": (ON_SITE % "changes(first: 3) { nodes { pickupGroup { name * } } }", ("members",)),
}
"""What leads to three lists, and their names."""


@pytest.mark.parametrize("around", NESTED)
async def test_nested_lists_use_index_each(plans: PlanChecker, around: str) -> None:
    leading, names = NESTED[around]
    for name in names:
        query = ListQuery(name, {}, around=leading, rows=3, lists=3)
        for order in orders(query.listed):
            await plans.add(replace(query, arguments={"last" if descending(order) else "first": PAGE} | order))
        for condition, given in (PLAIN | conditions(query.listed)).items():
            for counted in (False, True):
                await plans.add(replace(query, arguments={"first": PAGE} | given, condition=condition, counted=counted))

    plans.check()


SHARED = {
    "Site.users": ON_SITE % "users { nodes { site { name * } } }",
    "availableUsers": ON_SITE % "pickupGroups { nodes { name * } }",
}
"""What leads to one list from 25 rows."""


@pytest.mark.parametrize("name", SHARED)
async def test_list_of_shared_parent_is_read_once(plans: PlanChecker, name: str) -> None:
    query = ListQuery(name, {"first": PAGE} | SEARCHES["short word"], "short word", around=SHARED[name], rows=25)
    for counted in (False, True):
        await plans.add(replace(query, counted=counted))

    plans.check()


@pytest.mark.parametrize("name", ["users of site", "pickupGroups of site"])
async def test_cursor_among_tied_rows_uses_index(plans: PlanChecker, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        query = ListQuery(name, order, site=TIED_SITE)
        _, later, late = await plans.cursors(query)
        for place in ({"first": PAGE, "after": late}, {"last": PAGE, "before": later}):
            await plans.add(replace(query, arguments=place | order))

    plans.check()


@ON_SQLITE
@pytest.mark.parametrize(("name", "order"), [("users", "NAME"), ("pickupGroups", "CREATED_AT")])
async def test_merged_list_does_not_pass_over_tied_rows(plans: PlanChecker, name: str, order: str) -> None:
    query = ListQuery(name, {"first": DEPTH, "orderBy": {"field": order}}, caller="granted tied site")

    _, statements = await plans.run(query, f"nodes {{ id }} {INFO}")

    for statement in statements:
        assert await plans.problems_of(statement, PlanLimits(8 * DEPTH, DEPTH)) == []


@ON_SQLITE
@pytest.mark.parametrize("order", ["NAME", "EXTENSION"])
async def test_search_of_available_users_reads_their_own_indexes(plans: PlanChecker, order: str) -> None:
    query = ListQuery("availableUsers", {"first": PAGE, "orderBy": {"field": order}} | SEARCHES["word"])

    _, statements = await plans.run(query, f"totalCount nodes {{ id displayName }} {INFO}")

    assert isinstance(plans.connection, sqlite3.Connection)
    # Once, though it may have been begun again on another thread.
    (sql,) = {sql for sql, _ in statements}
    found = [step for *_, step in plans.connection.execute(f"EXPLAIN QUERY PLAN {sql}") if reads_list(step)]
    assert len(found) == 2
    assert all("USING INDEX available_users_by_" in step for step in found), found
