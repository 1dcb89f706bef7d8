"""How the databases go about each list: by an index, whatever its order, window, search and filter, and however long.

Every query is run as the server runs it, in both of its ways to read. The drivers tell which statements came of it, and
the databases by which plan, over so many rows that a bad one shows. Rows, queries and rules stand in one module, since
each is made for the others.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count, product
from typing import Any

import asyncpg
import orjson
import pytest

from graph.context import Context
from graph.execution.documents import Documents
from graph.execution.executor import execute as answer
from graph.json import encode
from graph.schema import schema
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller, Permission
from models.database.database import Database
from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from models.domain.group_names import name_key
from models.queries.search_text import search_key, sort_key
from tests.benchmark.data import name_of
from tests.support.databases import TABLES, connected, created_database
from tests.support.lists import CONNECTIONS, INFO, Listed
from tests.support.sessions import ON_SQLITE

DOCUMENTS = Documents(schema._schema, Settings())


@dataclass(frozen=True)
class SiteSize:
    """`members` are those of its first group; each other group has one."""

    users: int
    groups: int
    members: int
    changes: int
    tied: bool = False
    """Whether no user has a name or extension of their own, and no group a moment."""


ORDINARY, BIG, TIED = SiteSize(3, 2, 1, 1), SiteSize(3_000, 600, 1_000, 2_000), SiteSize(600, 400, 0, 0, tied=True)
SIZES = [*[ORDINARY] * 1_250, BIG, *[ORDINARY] * 1_250, TIED]
"""Of each site; its key is counted from 1."""

BIG_SITE, BIG_GROUP, TIED_SITE = 1_251, 1_250 * ORDINARY.groups + 1, len(SIZES)
IDS = {"Site": f"Site:{BIG_SITE}", "PickupGroup": f"PickupGroup:{BIG_GROUP}"}

Rows = list[tuple[Any, ...]]


def make_rows() -> dict[tuple[str, str], Rows]:
    """By table and columns. In every order those of one site stand among those of all others."""
    sites: Rows = []
    groups: Rows = []
    users: Rows = []
    changes: Rows = []
    for site, size in enumerate(SIZES, 1):
        name = f"Site {spread(site):04}"
        sites.append((f"s-{site}", name, size.changes, sort_key(name), search_key(name)))
        first_group = len(groups) + 1
        for number in range(size.groups):
            name = f"Groupe {spread(len(groups)):04} {'Hélène' if number % 10 == 0 else 'équipe'}"
            at = moment(4_000 if size.tied else spread(len(groups)))
            groups.append((site, name, name_key(name), sort_key(name), search_key(name), at, at))
        for number in range(size.users):
            place = max(0, number - size.members + 1)
            group = first_group + place if place < size.groups and not size.tied else None
            users.append(make_user_row(len(users) + 1, site, number, group))
        for number in range(1, size.changes + 1):
            group = first_group + number % size.groups
            changes.append((site, number, "PICKUP_GROUP_RENAMED", "ann", moment(number), group))
    return {
        ("sites", "external_id, name, revision, sort_key, search_key"): sites,
        ("pickup_groups", "site_id, name, name_key, sort_key, search_key, created_at, updated_at"): groups,
        (
            "users",
            "external_id, site_id, first_name, last_name, extension, station_type, barge_in_exempt, pickup_group_id, "
            "sort_key, extension_key, search_key",
        ): users,
        ("changes", "site_id, revision, kind, actor, occurred_at, pickup_group_id"): changes,
    }


def make_user_row(key: int, site: int, number: int, group: int | None) -> tuple[Any, ...]:
    """Who is free on the big site comes after its members in every order, so that none but the right index will do."""
    first, last = name_of(key)
    extension = spread(key) + 100
    if site == TIED_SITE:
        first, last, extension = "Ann", "Lee", 5_000
    elif site == BIG_SITE and group is None:
        last, extension = f"Zola {last}", extension + 10_000
    station = "STANDARD" if group or number % 4 else "FAX"
    if number == BIG.users - 1:
        station = "VOICEMAIL_ONLY"
    return (
        f"u-{key}", site, first, last, str(extension), station, False, group,
        sort_key(last, first), extension, search_key(first, last, str(extension)),
    )  # fmt: skip


def spread(number: int) -> int:
    return number * 7919 % 9973


def moment(number: int) -> str:
    return f"2026-01-01T00:00:00.{number:06}Z"


def fill_sqlite(path: str) -> None:
    """Without ANALYZE, which nobody runs on the file of a server."""
    connection = sqlite3.connect(path)
    for (table, columns), rows in make_rows().items():
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    connection.commit()
    connection.close()


async def fill_postgres(url: str) -> None:
    """With what autovacuum does after a while."""
    async with connected(url) as connection:
        # VACUUM does not mark rows as visible to all while their commit is on its way to the disk.
        await connection.execute("SET synchronous_commit = on")
        for (table, columns), rows in make_rows().items():
            await connection.copy_records_to_table(table, records=rows, columns=columns.split(", "))
        await connection.execute("VACUUM ANALYZE")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with these rows, which the tests here share and leave as it is."""
    if request.param == "sqlite":
        path = f"{tmp_path_factory.mktemp('plans')}/pickup.sqlite3"
        asyncio.run(migrate_database(parse_database_url(f"sqlite://{path}")))
        fill_sqlite(path)
        yield f"sqlite://{path}"
        return
    with created_database(request.getfixturevalue("postgres")) as found:
        asyncio.run(migrate_database(parse_database_url(found)))
        asyncio.run(fill_postgres(found))
        yield found


Statement = tuple[str, Sequence[Any]]
"""As it reaches the database: SQL and values, which SQLite tells of within the SQL."""


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """What is run from now on, as the drivers tell, whichever way our own code takes to them."""
    told: list[Statement] = []
    connect, begin = sqlite3.connect, asyncpg.Connection.__init__

    def connect_telling(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(lambda sql: told.append((sql, ())))
        return connection

    def begin_telling(connection: asyncpg.Connection, *args: Any, **options: Any) -> None:
        begin(connection, *args, **options)
        connection.add_query_logger(lambda query: told.append((query.query, query.args)))

    monkeypatch.setattr(sqlite3, "connect", connect_telling)
    monkeypatch.setattr(asyncpg.Connection, "__init__", begin_telling)
    return told


@dataclass(frozen=True)
class Allowed:
    """What a statement may do for the lists that it reads: the rows that a step of its plan may read, and may sort.

    `scan`: whether it may read a table from end to end. `covered`: whether on SQLite it may look at indexes alone.
    """

    rows: int
    sorted: int
    lists: int = 1
    scan: bool = False
    covered: bool = False


STEPS_A_PAGE, STEPS_A_ROW, STEPS_AT_ONCE = 1_200, 25, 50
"""Instructions that SQLite needs at most to tell of a short page, and to look at a row; and as it counts them."""


def sqlite_faults(connection: sqlite3.Connection, statement: Statement, allowed: Allowed) -> Iterator[str]:
    """What SQLite does that it may not. It does not tell how many rows it reads, but takes some steps for each."""
    sql, _ = statement
    ticks = count()
    connection.set_progress_handler(lambda: next(ticks) < 0, STEPS_AT_ONCE)
    connection.execute(sql).fetchall()
    connection.set_progress_handler(None, 0)
    if (steps := next(ticks) * STEPS_AT_ONCE) > STEPS_A_PAGE * allowed.lists + STEPS_A_ROW * allowed.rows:
        yield f"{steps} steps"
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    for _, parent, _, step in plan:
        beside = (other for _, beneath, _, other in plan if beneath == parent)
        if (
            (scans_table(step) and not allowed.scan)
            or ("TEMP B-TREE" in step and any(map(reads_list, beside)))
            or (allowed.covered and reads_list(step) and "COVERING" not in step)
        ):
            yield step


def scans_table(step: str) -> bool:
    return step.startswith("SCAN ") and step.split()[1] in {"x", *TABLES} and "INDEX" not in step


def reads_list(step: str) -> bool:
    """Whether it reads more rows of a list than a few that are found one by one."""
    return f"{step} ".startswith(("SEARCH x ", "SCAN x ")) and not step.endswith(("(rowid=?)", "(external_id=?)"))


def reads_rows(statement: Statement) -> bool:
    """Whether it is one of the server's, and not about types, transactions or plans."""
    sql, _ = statement
    return any(table in sql for table in TABLES) and not sql.startswith("EXPLAIN")


async def postgres_faults(connection: asyncpg.Connection, statement: Statement, allowed: Allowed) -> list[str]:
    """What PostgreSQL does that it may not."""
    sql, values = statement
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *values)
    nodes = walk(json.loads(explained)[0]["Plan"])
    return [fault for node in nodes for fault in faults_of_node(node, allowed)]


def faults_of_node(node: dict[str, Any], allowed: Allowed) -> Iterator[str]:
    if source(node) and rows_read(node) > allowed.rows:
        yield f"{rows_read(node)} rows of {source(node)}"
    if node["Node Type"] == "Seq Scan" and not allowed.scan:
        yield f"a scan of {source(node)}"
    if node["Node Type"].endswith("Sort"):
        (below,) = node["Plans"]
        if (rows := below["Actual Rows"] * below["Actual Loops"]) > allowed.sorted:
            yield f"a sort of {rows} rows"


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from walk(below)


def source(node: dict[str, Any]) -> str:
    """The index or the table that it reads, "" where it reads what another one does."""
    found: str = node.get("Index Name") or node.get("Relation Name", "")
    return found


def rows_read(node: dict[str, Any]) -> int:
    """Those that it passed over too; to look for one that is not there is to read one."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int(max(sum(node.get(name, 0) for name in names), 1) * node["Actual Loops"])


PAGE = 3
LEAVES = {
    "Site": "id externalId name mainNumber revision",
    "User": "id displayName extension phoneNumber email stationType bargeInExempt pickupStatus",
    "PickupGroup": "id name version createdAt updatedAt",
    "Change": "id revision kind actor occurredAt membersAdded pickupGroupId",
}

CALLERS = {
    "everybody": ANONYMOUS,
    "granted": Caller("ann", frozenset({Permission.READ}), frozenset({f"s-{BIG_SITE}", "s-3", "s-7", "nowhere"})),
}

Conditions = dict[str, dict[str, Any]]
"""Arguments of a list, by what they are called here."""

PLAIN: Conditions = {"": {}}
SEARCHES: Conditions = {
    "word": {"search": "helene"},
    "rare word": {"search": "tremblay 0042"},
    "short word": {"search": "zq"},
}
SOME = ["u-3800", "u-6700", "u-3", "x"]
FILTERS: dict[str, Conditions] = {
    "sites": {"ids": {"filter": {"externalIds": ["s-3", "s-10", "x"]}}},
    "users": {
        "ids": {"filter": {"externalIds": SOME}},
        "ids and status": {"filter": {"externalIds": SOME, "pickupStatus": "AVAILABLE"}},
        "status": {"filter": {"pickupStatus": "AVAILABLE"}},
        "rare station": {"filter": {"stationTypes": ["VOICEMAIL_ONLY"]}},
        "all": {"filter": {"pickupStatus": "AVAILABLE", "stationTypes": ["STANDARD"]}, "search": "helene"},
    },
}


def conditions(listed: Listed) -> Conditions:
    """The searches and filters that the list takes, by name."""
    if not listed.orders:
        return {}
    return SEARCHES | FILTERS.get(listed.field, {})


def orders(listed: Listed) -> list[dict[str, Any]]:
    found = product(listed.orders, ("ASC", "DESC"))
    return [{"orderBy": {"field": name, "direction": direction}} for name, direction in found] or [{}]


def descending(order: dict[str, Any]) -> bool:
    return "DESC" in str(order)


@dataclass(frozen=True)
class Asked:
    """One query for a list. `around` is what leads to it from so many `rows`, which may have fewer `lists`."""

    name: str
    given: Mapping[str, Any]
    condition: str = ""
    caller: str = "everybody"
    counted: bool = False
    around: str = ""
    rows: int = 1
    lists: int = 1
    site: int = BIG_SITE

    @property
    def listed(self) -> Listed:
        return CONNECTIONS[self.name]

    @property
    def label(self) -> str:
        what = "count" if self.counted else "page"
        return f"{what} of {self.name} {self.around}, {self.condition or 'plain'}, {self.caller}"

    @property
    def everywhere(self) -> bool:
        """Whether it is over all sites."""
        return not (self.listed.parent or self.listed.of_site)

    def query(self, selection: str) -> str:
        listed = self.listed
        filtered = {"filter": f"{listed.row}Filter"} if listed.field in {"sites", "users"} else {}
        arguments = listed.arguments | filtered
        declared = ", ".join(f"${name}: {kind}" for name, kind in arguments.items())
        given = ", ".join(f"{name}: ${name}" for name in arguments)
        alone = f"found: {listed.text(IDS | {'Site': f'Site:{self.site}'}, given, selection)}"
        within = self.around.replace("*", f"{listed.field}({given}) {{ {selection} }}")
        return f"query({declared}) {{ {within or alone} }}"


FEW = 5 * (PAGE + 1)
"""Rows that may be read for a page without conditions: a few times those that it has."""

DEPTH = 100
"""How many rows lie between the cursors and the end of a list. With conditions they may be looked through."""

LENGTHS = {
    "sites": len(SIZES),
    "users": sum(size.users for size in SIZES),
    "users of site": BIG.users,
    "Site.users": BIG.users,
    "pickupGroups": sum(size.groups for size in SIZES),
    "pickupGroups of site": BIG.groups,
    "Site.pickupGroups": BIG.groups,
    "Site.changes": BIG.changes,
    "members": BIG.members,
    "availableUsers": BIG.users - BIG.members - BIG.groups + 1,
}


def length(asked: Asked) -> int:
    """How many rows the list, or each of the lists, has at most."""
    if asked.caller == "everybody" or not asked.everywhere:
        return LENGTHS[asked.name]
    return LENGTHS.get(f"{asked.name} of site", 0) + 3 * max(ORDINARY.users, ORDINARY.groups)


def most_rows(asked: Asked, dialect: str) -> int:
    """How many rows a step of the plan may read."""
    few = few_rows(asked)
    if asked.condition in {"ids", "ids and status"}:
        # Each is looked up.
        return few
    if asked.condition == "rare word" and asked.listed.field == "users" and dialect == "postgres":
        # The trigrams tell where it is.
        return max(few, length(asked) // 10)
    in_order = not asked.condition or (asked.condition == "status" and not over_all_sites(asked))
    if in_order and not asked.counted:
        # An index has just these rows in just this order.
        return few
    # A count reads them all; a search and a filter by station read them in their order, until the page is full. The
    # look beyond a cursor of a list over all sites is in the same statement.
    times = 2 if dialect == "sqlite" and over_all_sites(asked) and not asked.counted else 1
    return max(few, length(asked) * asked.lists * times)


def few_rows(asked: Asked) -> int:
    return (FEW + (DEPTH if asked.condition else 0)) * lists_read(asked)


def lists_read(asked: Asked) -> int:
    """A list over some sites is put together from that of each."""
    return 3 if asked.everywhere and asked.caller == "granted" else asked.rows


def over_all_sites(asked: Asked) -> bool:
    """Whether no index leads to what is searched or filtered: such a list may read every row, but each once at most.

    On SQLite it reads the indexes of the sites in turn, on PostgreSQL the trigrams of all, or where these do not help,
    the rows in the order asked for. Sites themselves are few, and have no index of their texts.
    """
    return asked.everywhere and asked.caller == "everybody"


def allowed(asked: Asked, dialect: str) -> Allowed:
    return Allowed(
        most_rows(asked, dialect),
        few_rows(asked),
        lists_read(asked),
        scan=over_all_sites(asked) and (asked.counted or bool(asked.condition)),
        covered=asked.counted
        and asked.listed.field in {"users", "pickupGroups"}
        and asked.condition in {"", *SEARCHES, "rare station"},
    )


def known(asked: Asked, dialect: str) -> str:
    """Why a list is read otherwise for now, "" where it must not be."""
    by_ids = asked.condition in {"ids", "ids and status"} and asked.listed.row == "User"
    if dialect == "sqlite" and asked.site == TIED_SITE:
        return "SQLite compares a cursor by the first column of an index alone, and passes over all rows that tie"
    merged = asked.everywhere and asked.caller == "granted"
    correlated = asked.name == "Site.users" and asked.around.startswith("sites")
    found = by_ids or (asked.condition == "rare word" and asked.listed.row == "User")
    if dialect == "postgres" and found and (merged or correlated):
        return "PostgreSQL plans without knowing which site is read, as if it were one of the many small ones"
    return ""


@dataclass
class Watch:
    """Runs queries, and looks through a connection of its own into the plan of each statement that comes of one."""

    database: Database
    ran: list[Statement]
    connection: sqlite3.Connection | asyncpg.Connection
    judged: dict[tuple[str, Allowed], list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    async def judge(self, statement: Statement, limits: Allowed) -> list[str]:
        """What is wrong with the plan of a statement."""
        key = str(statement), limits
        if key not in self.judged:
            if isinstance(self.connection, sqlite3.Connection):
                self.judged[key] = [*sqlite_faults(self.connection, statement, limits)]
            else:
                self.judged[key] = await postgres_faults(self.connection, statement, limits)
        return self.judged[key]

    async def run(self, asked: Asked, selection: str) -> tuple[Any, list[Statement]]:
        """The answer, and the statements that it took."""
        operation = DOCUMENTS.prepare(asked.query(selection)).operation(None)
        context = Context(self.database, CALLERS[asked.caller], "request", lambda text: text)
        self.ran.clear()
        answered = orjson.loads(encode(await answer(operation, dict(asked.given), context)))
        # asyncpg tells in the next round of the loop.
        await asyncio.sleep(0)
        assert "errors" not in answered, answered
        return answered["data"], [one for one in self.ran if reads_rows(one)]

    async def look(self, asked: Asked) -> Any:
        """Notes what is wrong with how the list is read; gives the answer."""
        page = f"edges {{ cursor node {{ {LEAVES[asked.listed.row]} }} }} {INFO}"
        data, statements = await self.run(asked, "totalCount" if asked.counted else page)
        assert statements
        dialect = self.database.dialect
        if known(asked, dialect):
            self.known.add(asked.label)
        limits = allowed(asked, dialect)
        for statement in statements:
            for fault in await self.judge(statement, limits):
                self.faults[asked.label] = f"{asked.label}, {asked.given}: {fault}, {limits}\n{statement}"
        return data

    async def cursors(self, asked: Asked) -> tuple[str, str, str]:
        """Of two rows near the start of the list, and of one near its end."""
        found = []
        for side in ("first", "last"):
            data, _ = await self.run(replace(asked, given={side: DEPTH} | dict(asked.given)), "edges { cursor }")
            found.append([edge["cursor"] for edge in asked.listed.page_in(data["found"])["edges"]])
        return found[0][DEPTH // 2], found[0][-1], found[1][0]

    def check(self) -> None:
        """What was wrong is what is known to be."""
        assert self.faults.keys() == self.known, "\n\n".join(self.faults.values())


@pytest.fixture
async def watch(url: str, database: Database, ran: list[Statement]) -> AsyncIterator[Watch]:
    if database.dialect == "sqlite":
        with closing(sqlite3.connect(database.url.path)) as file:
            yield Watch(database, ran, file)
        return
    async with connected(url) as connection:
        yield Watch(database, ran, connection)


async def test_plan_check_detects_bad_plans(watch: Watch) -> None:
    everything = Allowed(LENGTHS["users"], LENGTHS["users"], scan=True)
    of_site = f"SELECT id FROM users AS x WHERE site_id = {BIG_SITE}"

    async def good(sql: str, limits: Allowed) -> bool:
        return await watch.judge((sql, ()), limits) == []

    assert await good(f"{of_site} ORDER BY sort_key LIMIT {PAGE}", Allowed(FEW, FEW))
    assert not await good(f"{of_site} AND email = ''", replace(everything, rows=FEW))
    assert not await good("SELECT id FROM users AS x WHERE email = ''", replace(everything, scan=False))
    assert not await good(f"SELECT id FROM users AS x ORDER BY email LIMIT {PAGE}", replace(everything, sorted=FEW))


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_page_is_read_by_index_in_order(watch: Watch, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        early, later, late = await watch.cursors(Asked(name, order))
        windows: list[dict[str, Any]] = [{"first": PAGE}, {"first": PAGE, "after": later}]
        windows += [{"last": PAGE}, {"last": PAGE, "before": late}]
        if not descending(order):
            # In the other direction these are the same the other way round.
            windows += [{"first": PAGE, "before": late}, {"first": PAGE, "after": early, "before": later}]
            windows += [{"last": PAGE, "after": later}, {"last": PAGE, "after": early, "before": later}]
        for window in windows:
            data = await watch.look(Asked(name, window | order))
            assert len(CONNECTIONS[name].page_in(data["found"])["edges"]) == PAGE

    watch.check()


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_search_and_filter_use_index(watch: Watch, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        windows: list[dict[str, Any]] = [{"first": PAGE}, {"last": PAGE}]
        if not descending(order):
            _, later, late = await watch.cursors(Asked(name, order))
            windows = [{"first": PAGE, "after": later}, {"last": PAGE, "before": late}]
        for (condition, given), window in product(conditions(CONNECTIONS[name]).items(), windows):
            await watch.look(Asked(name, window | order | given, condition))

    watch.check()


OVER_SITES = [name for name, listed in CONNECTIONS.items() if listed.parent is None]


@pytest.mark.parametrize("name", OVER_SITES)
async def test_list_of_granted_sites_uses_indexes(watch: Watch, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        _, later, late = await watch.cursors(Asked(name, order))
        for window in ({"first": PAGE, "after": later}, {"last": PAGE, "before": late}):
            await watch.look(Asked(name, window | order, "", "granted"))
        for condition, given in conditions(CONNECTIONS[name]).items():
            if not descending(order):
                await watch.look(Asked(name, {"first": PAGE} | order | given, condition, "granted"))

    watch.check()


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_total_count_uses_index(watch: Watch, name: str) -> None:
    for condition, given in (PLAIN | conditions(CONNECTIONS[name])).items():
        for caller in CALLERS if name in OVER_SITES or not condition else ["everybody"]:
            await watch.look(Asked(name, given, condition, caller, counted=True))

    watch.check()


ON_SITE = f'site(id: "{IDS["Site"]}") {{ %s }}'
NESTED = {
    "sites": (
        f'sites(filter: {{externalIds: ["s-{BIG_SITE}", "s-3", "s-7"]}}) {{ nodes {{ name * }} }}',
        ("Site.users", "Site.pickupGroups", "Site.changes"),
    ),
    "groups": ("pickupGroups(first: 3) { nodes { memberCount * } }", ("members", "availableUsers")),
    "changes": (ON_SITE % "changes(first: 3) { nodes { pickupGroup { name * } } }", ("members",)),
}
"""What leads to three lists, and their names."""


@pytest.mark.parametrize("around", NESTED)
async def test_nested_lists_use_index_each(watch: Watch, around: str) -> None:
    leading, names = NESTED[around]
    for name in names:
        asked = Asked(name, {}, around=leading, rows=3, lists=3)
        for order in orders(asked.listed):
            await watch.look(replace(asked, given={"last" if descending(order) else "first": PAGE} | order))
        for condition, given in (PLAIN | conditions(asked.listed)).items():
            for counted in (False, True):
                await watch.look(replace(asked, given={"first": PAGE} | given, condition=condition, counted=counted))

    watch.check()


SHARED = {
    "Site.users": ON_SITE % "users { nodes { site { name * } } }",
    "availableUsers": ON_SITE % "pickupGroups { nodes { name * } }",
}
"""What leads to one list from 25 rows."""


@pytest.mark.parametrize("name", SHARED)
async def test_list_of_shared_parent_is_read_once(watch: Watch, name: str) -> None:
    asked = Asked(name, {"first": PAGE} | SEARCHES["short word"], "short word", around=SHARED[name], rows=25)
    for counted in (False, True):
        await watch.look(replace(asked, counted=counted))

    watch.check()


@pytest.mark.parametrize("name", ["users of site", "pickupGroups of site"])
async def test_cursor_among_tied_rows_uses_index(watch: Watch, name: str) -> None:
    for order in orders(CONNECTIONS[name]):
        asked = Asked(name, order, site=TIED_SITE)
        _, later, late = await watch.cursors(asked)
        for place in ({"first": PAGE, "after": late}, {"last": PAGE, "before": later}):
            await watch.look(replace(asked, given=place | order))

    watch.check()


@ON_SQLITE
@pytest.mark.parametrize("order", ["NAME", "EXTENSION"])
async def test_search_of_available_users_reads_their_own_indexes(watch: Watch, order: str) -> None:
    asked = Asked("availableUsers", {"first": PAGE, "orderBy": {"field": order}} | SEARCHES["word"])

    _, statements = await watch.run(asked, f"totalCount nodes {{ id displayName }} {INFO}")

    assert isinstance(watch.connection, sqlite3.Connection)
    # Once, though it may have been begun again on another thread.
    (sql,) = {sql for sql, _ in statements}
    found = [step for *_, step in watch.connection.execute(f"EXPLAIN QUERY PLAN {sql}") if reads_list(step)]
    assert len(found) == 2
    assert all("USING INDEX available_users_by_" in step for step in found), found
