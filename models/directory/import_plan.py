"""The plan of an import: what differs from the stored directory, and the partitions that bring it up to date.

Planning takes no lock. Administrators change only memberships and exemptions, which each partition reads again under
the locks of its sites. If another import or a mutation of the directory has changed a site in between, that site is
taken out of its partition, with those that users move from or to, and is planned again when all partitions are applied.
So an import beside any number of such mutations comes to its end: each plan is of fewer sites, and made in less time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from models.directory.columns import GROUPS, SITES, USERS
from models.directory.group_rows import check_group_rows
from models.directory.staging_area import StagingArea
from models.queries.statement import Dialect

NEW, CHANGED, EXEMPTION_CHANGED, EXEMPTION_REFUSED = 0, 1, 2, 3
"""The kinds of rows in changed_users: a new user; other columns or another site; another exemption alone.

The last kind is a member whose row asks for an exemption: it is refused as long as they are in a group.
"""

_STALE = -1
"""The partition of the sites that must be planned again."""

PARTITION_SIZE = 10_000
"""Users and members of one partition. Small sites share one, since a commit costs more than a small site."""


@dataclass(slots=True)
class ImportPlan:
    """The sizes of the partitions, by number, and the sites that would lose more than a fifth of their users."""

    partitions: list[int] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)


def is_distinct(dialect: Dialect) -> str:
    """The operator that is true if one side alone is NULL. SQLite knows IS DISTINCT FROM from 3.39 on."""
    return "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"


def differ(dialect: Dialect, columns: Sequence[str], left: str, right: str) -> str:
    """The condition that two rows differ in one of the columns."""
    return " OR ".join(f"{left}.{column} {is_distinct(dialect)} {right}.{column}" for column in columns) or "FALSE"


async def plan_import(staging: StagingArea, *, prune: bool, force: bool, again: bool = False) -> ImportPlan:
    """Fill pruned_users, accepted_groups, planned_sites and partition_users from one snapshot.

    `again`: only for the sites that are stale; that none of them loses too many users is known from the first plan.
    """
    plan = ImportPlan()
    of_plan = _is_stale if again else _is_any
    async with staging.snapshot():
        await staging.fetch("DELETE FROM stale_sites", [])
        await staging.fetch(f"INSERT INTO stale_sites SELECT site FROM planned_sites WHERE partition = {_STALE}", [])
        for table in ("changed_users", "pruned_users", "planned_sites", "partition_users"):
            await staging.fetch(f"DELETE FROM {table}", [])
        await _compare_users(staging, again=again)
        if prune:
            await _find_unlisted(staging, of_plan)
            plan.too_many = [] if force or again else await _sites_losing_too_many(staging)
            if plan.too_many:
                await staging.fetch("DELETE FROM pruned_users", [])
        await check_group_rows(staging, of_plan)
        await _partition_sites(staging, plan, of_plan)
        await _fill_partitions(staging)
    await staging.analyse("partition_users", "pruned_users", "planned_sites")
    return plan


def _is_any(_site: str) -> str:
    return "TRUE"


def _is_stale(site: str) -> str:
    """The SQL of whether the site in this column is planned again."""
    return f"{site} IN (SELECT site FROM stale_sites)"


_STALE_USERS = (
    f"(SELECT * FROM staged_users WHERE number IN (SELECT number FROM staged_users WHERE {_is_stale('site')} "
    "UNION SELECT staged.number FROM stale_sites JOIN sites ON sites.external_id = stale_sites.site "
    "JOIN users ON users.site_id = sites.id JOIN staged_users AS staged ON staged.external_id = users.external_id))"
)
"""The rows of the users of stale sites: of those who are there now, and of those who will be."""


async def _compare_users(staging: StagingArea, *, again: bool) -> None:
    staged = _STALE_USERS if again else "staged_users"
    columns = differ(staging.dialect, USERS.attributes, "s", "u")
    await staging.fetch(
        "INSERT INTO changed_users SELECT s.number, u.id, s.site, old.external_id, CASE WHEN u.id IS NULL "
        f"THEN {NEW} WHEN old.external_id <> s.site OR {columns} THEN {CHANGED} "
        f"WHEN u.pickup_group_id IS NULL THEN {EXEMPTION_CHANGED} ELSE {EXEMPTION_REFUSED} END "
        f"FROM {staged} AS s LEFT JOIN users AS u ON u.external_id = s.external_id "
        "LEFT JOIN sites AS old ON old.id = u.site_id "
        f"WHERE u.id IS NULL OR old.external_id <> s.site OR {columns} OR s.barge_in_exempt <> u.barge_in_exempt",
        [],
    )


async def _find_unlisted(staging: StagingArea, of_plan: Callable[[str], str]) -> None:
    """Find the users that users.csv does not list, of the sites that it names."""
    await staging.fetch(
        "INSERT INTO pruned_users SELECT u.id, sites.external_id FROM sites JOIN users AS u ON u.site_id = sites.id "
        f"WHERE sites.external_id IN (SELECT DISTINCT site FROM staged_users WHERE {of_plan('site')}) "
        "AND NOT EXISTS (SELECT 1 FROM staged_users AS s WHERE s.external_id = u.external_id) "
        "AND NOT EXISTS (SELECT 1 FROM refused_rows AS r WHERE r.external_id = u.external_id)",
        [],
    )


async def _sites_losing_too_many(staging: StagingArea) -> list[str]:
    """Return the sites that would lose more than a fifth of their stored users, however many new ones there are."""
    found = await staging.fetch(
        "SELECT lost.site FROM (SELECT site, count(*) AS n FROM pruned_users GROUP BY site) AS lost "
        "JOIN sites ON sites.external_id = lost.site "
        "WHERE 5 * lost.n > (SELECT count(*) FROM users AS u WHERE u.site_id = sites.id) ORDER BY lost.site",
        [],
    )
    return [one["site"] for one in found]


async def _partition_sites(staging: StagingArea, plan: ImportPlan, of_plan: Callable[[str], str]) -> None:
    await staging.analyse("changed_users", "pruned_users")
    work = await staging.fetch(
        "SELECT w.site, sites.id AS key, sites.revision, CAST(sum(w.size) AS BIGINT) AS size FROM ("
        f"SELECT site, count(*) AS size FROM changed_users WHERE kind <> {EXEMPTION_REFUSED} GROUP BY site "
        "UNION ALL SELECT old_site, count(*) FROM changed_users WHERE old_site <> site GROUP BY old_site "
        "UNION ALL SELECT site, count(*) FROM pruned_users GROUP BY site "
        "UNION ALL SELECT s.external_id, 1 FROM staged_sites AS s LEFT JOIN sites ON sites.external_id = s.external_id "
        f"WHERE (sites.id IS NULL OR {differ(staging.dialect, SITES.attributes, 's', 'sites')}) "
        f"AND {of_plan('s.external_id')} UNION ALL {_changed_groups(staging.dialect, of_plan)}"
        ") AS w LEFT JOIN sites ON sites.external_id = w.site "
        "GROUP BY w.site, sites.id, sites.revision ORDER BY w.site",
        [],
    )
    moves = await staging.fetch("SELECT DISTINCT old_site, site FROM changed_users WHERE old_site <> site", [])
    representatives = _linked_sites((move["old_site"], move["site"]) for move in moves)
    sizes: dict[str, int] = {}
    for one in work:
        site: str = one["site"]
        representative = representatives.setdefault(site, site)
        sizes[representative] = sizes.get(representative, 0) + one["size"]
    numbers: dict[str, int] = {}
    for representative, size in sizes.items():
        if not plan.partitions or plan.partitions[-1] + size > PARTITION_SIZE:
            plan.partitions.append(0)
        plan.partitions[-1] += size
        numbers[representative] = len(plan.partitions) - 1
    await staging.insert(
        ("planned_sites", (one["site"], one["key"], one["revision"], numbers[representatives[one["site"]]]))
        for one in work
    )


def _linked_sites(moves: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map each site that users move from or to, to the one that represents all sites linked by such moves."""
    representatives: dict[str, str] = {}

    def find(site: str) -> str:
        while representatives.setdefault(site, site) != site:
            representatives[site] = representatives[representatives[site]]
            site = representatives[site]
        return site

    for old, new in moves:
        representatives[find(new)] = find(old)
    return {site: find(site) for site in list(representatives)}


async def _fill_partitions(staging: StagingArea) -> None:
    """Copy the changed users in the order in which the partitions read them: the files may have any order."""
    await staging.analyse("planned_sites")
    await staging.fetch(
        "INSERT INTO partition_users SELECT w.partition, s.number, c.user_key, c.old_site, c.kind, "
        f"{', '.join(f's.{name}' for name in USERS.staged)} "
        "FROM changed_users AS c JOIN staged_users AS s ON s.number = c.number "
        "JOIN planned_sites AS w ON w.site = c.site ORDER BY w.partition, c.site, s.sort_key, s.number",
        [],
    )


async def added_meanwhile(staging: StagingArea, partition: int) -> list[str]:
    """The sites of the partition with a new user, or new themselves, that another transaction has added since."""
    added = await staging.fetch(
        "SELECT s.site FROM partition_users AS s JOIN users AS u ON u.external_id = s.external_id "
        f"WHERE s.partition = {partition} AND s.kind = {NEW} UNION "
        "SELECT w.site FROM planned_sites AS w JOIN sites ON sites.external_id = w.site "
        f"WHERE w.partition = {partition} AND w.site_key IS NULL",
        [],
    )
    return [one["site"] for one in added]


async def postpone(staging: StagingArea, partition: int, sites: Iterable[str] | None = None) -> bool:
    """Take sites out of the partition, all by default, and what is linked with them; whether any are left.

    They are stale: the next plan is for them.
    """
    planned = await staging.fetch(f"SELECT site FROM planned_sites WHERE partition = {partition}", [])
    all_sites = {one["site"] for one in planned}
    leaving = all_sites if sites is None else await _linked_with(staging, partition, sites)
    for table in ("planned_sites", "partition_users"):
        statement = staging.statement()
        condition = f"partition = {partition} AND site IN {statement.texts(sorted(leaving))}"
        await staging.fetch(f"UPDATE {table} SET partition = {_STALE} WHERE {condition}", statement.values)
    return bool(all_sites - leaving)


async def _linked_with(staging: StagingArea, partition: int, sites: Iterable[str]) -> set[str]:
    moves = await staging.fetch(
        f"SELECT DISTINCT old_site, site FROM partition_users WHERE partition = {partition} AND old_site <> site", []
    )
    representatives = _linked_sites((move["old_site"], move["site"]) for move in moves)
    stale = {representatives.get(site, site) for site in sites}
    return {*sites, *(site for site, representative in representatives.items() if representative in stale)}


async def count_stale(staging: StagingArea) -> int:
    return await staging.count("planned_sites", f"partition = {_STALE}")


def _changed_groups(dialect: Dialect, of_plan: Callable[[str], str]) -> str:
    """SQL of the sites whose groups are new or differ from what their rows say, with the number of rows."""
    named = (
        f"(SELECT * FROM accepted_groups WHERE {of_plan('site')}) AS n LEFT JOIN sites ON sites.external_id = n.site "
        "LEFT JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key"
    )
    return (
        f"SELECT n.site, count(*) FROM {named} "
        f"WHERE g.id IS NULL OR {differ(dialect, GROUPS.attributes, 'n', 'g')} GROUP BY n.site "
        f"UNION ALL SELECT n.site, count(*) FROM {named} JOIN staged_members AS m ON m.number = n.number "
        "LEFT JOIN users AS u ON u.external_id = m.external_id "
        f"WHERE u.pickup_group_id {is_distinct(dialect)} g.id OR u.id IS NULL GROUP BY n.site "
        f"UNION ALL SELECT n.site, count(*) FROM {named} JOIN users AS u ON u.pickup_group_id = g.id "
        "WHERE NOT EXISTS (SELECT 1 FROM staged_members AS m WHERE m.number = n.number "
        "AND m.external_id = u.external_id) GROUP BY n.site"
    )
