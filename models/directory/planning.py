"""The plan of an import: what differs from what is stored, and the parts in which it is done.

It is made without a lock. Administrators change memberships and exemptions alone, which each part looks at again under
the locks of its sites; what another import may have changed meanwhile makes a part stale.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.directory.groups import judge_groups
from models.directory.staging import Stage
from models.queries.statement import Dialect

COLUMNS = (
    "first_name",
    "last_name",
    "extension",
    "phone_number",
    "email",
    "station_type",
    "sort_key",
    "extension_key",
    "search_key",
)
"""The columns of a user that only an import writes."""

NEW, CHANGED, EXEMPTION, KEPT = 0, 1, 2, 3
"""The kinds of stage_changed: a new user, one whose columns or site differ, one whose exemption alone does.

The last is a member whom the file calls exempt: nothing to do, unless they lose their group.
"""

PART = 10_000
"""Users and members that small sites have together in one transaction: a commit costs more than a small site."""


@dataclass(slots=True)
class Plan:
    """The sizes of the parts, by number, and the sites that would lose more than a fifth of their users."""

    parts: list[int] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)


def distinct(dialect: Dialect) -> str:
    """The operator that tells NULL from a value; SQLite has the other name only of late."""
    return "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"


async def make_plan(stage: Stage, *, prune: bool, force: bool) -> Plan:
    """Fills stage_pruned, stage_named, stage_work and stage_part, as of one moment."""
    plan = Plan()
    async with stage.snapshot():
        for table in ("stage_changed", "stage_pruned", "stage_work", "stage_part"):
            await stage.fetch(f"DELETE FROM {table}", [])
        await _compare_users(stage)
        if prune:
            await _find_unlisted(stage)
            plan.too_many = await _losing_too_many(stage)
            if plan.too_many and not force:
                await stage.fetch("DELETE FROM stage_pruned", [])
        await judge_groups(stage)
        await _divide(stage, plan)
        await _gather_parts(stage)
    await stage.analyse("stage_part", "stage_pruned", "stage_work")
    return plan


async def _compare_users(stage: Stage) -> None:
    differs = distinct(stage.dialect)
    columns = " OR ".join(f"s.{name} {differs} u.{name}" for name in COLUMNS)
    await stage.fetch(
        "INSERT INTO stage_changed SELECT s.number, u.id, s.site, old.external_id, CASE WHEN u.id IS NULL "
        f"THEN {NEW} WHEN old.external_id <> s.site OR {columns} THEN {CHANGED} "
        f"WHEN u.pickup_group_id IS NULL THEN {EXEMPTION} ELSE {KEPT} END "
        "FROM stage_users AS s LEFT JOIN users AS u ON u.external_id = s.external_id "
        "LEFT JOIN sites AS old ON old.id = u.site_id "
        f"WHERE u.id IS NULL OR old.external_id <> s.site OR {columns} OR s.barge_in_exempt <> u.barge_in_exempt",
        [],
    )


async def _find_unlisted(stage: Stage) -> None:
    """Users of the sites that users.csv names whom it does not list."""
    await stage.fetch(
        "INSERT INTO stage_pruned SELECT u.id, sites.external_id FROM sites JOIN users AS u ON u.site_id = sites.id "
        "WHERE sites.external_id IN (SELECT DISTINCT site FROM stage_users) "
        "AND NOT EXISTS (SELECT 1 FROM stage_users AS s WHERE s.external_id = u.external_id) "
        "AND NOT EXISTS (SELECT 1 FROM stage_refused AS r WHERE r.external_id = u.external_id)",
        [],
    )


async def _losing_too_many(stage: Stage) -> list[str]:
    """The sites of whose stored users more than a fifth are to be removed, however many new ones are listed."""
    found = await stage.fetch(
        "SELECT lost.site FROM (SELECT site, count(*) AS n FROM stage_pruned GROUP BY site) AS lost "
        "JOIN sites ON sites.external_id = lost.site "
        "WHERE 5 * lost.n > (SELECT count(*) FROM users AS u WHERE u.site_id = sites.id) ORDER BY lost.site",
        [],
    )
    return [one["site"] for one in found]


async def _divide(stage: Stage, plan: Plan) -> None:
    differs = distinct(stage.dialect)
    await stage.analyse("stage_changed", "stage_pruned")
    work = await stage.fetch(
        "SELECT w.site, sites.id AS key, sites.revision, CAST(sum(w.size) AS BIGINT) AS size FROM ("
        f"SELECT site, count(*) AS size FROM stage_changed WHERE kind <> {KEPT} GROUP BY site "
        "UNION ALL SELECT old_site, count(*) FROM stage_changed WHERE old_site <> site GROUP BY old_site "
        "UNION ALL SELECT site, count(*) FROM stage_pruned GROUP BY site "
        "UNION ALL SELECT s.external_id, 1 FROM stage_sites AS s LEFT JOIN sites ON sites.external_id = s.external_id "
        f"WHERE sites.id IS NULL OR s.name <> sites.name OR s.main_number {differs} sites.main_number "
        "OR s.sort_key <> sites.sort_key OR s.search_key <> sites.search_key "
        f"UNION ALL {_changed_groups(differs)}"
        ") AS w LEFT JOIN sites ON sites.external_id = w.site "
        "GROUP BY w.site, sites.id, sites.revision ORDER BY w.site",
        [],
    )
    moves = await stage.fetch("SELECT DISTINCT old_site, site FROM stage_changed WHERE old_site <> site", [])
    leaders = _linked((move["old_site"], move["site"]) for move in moves)
    sizes: dict[str, int] = {}
    for one in work:
        site: str = one["site"]
        leader = leaders.setdefault(site, site)
        sizes[leader] = sizes.get(leader, 0) + one["size"]
    numbers: dict[str, int] = {}
    for leader, size in sizes.items():
        if not plan.parts or plan.parts[-1] + size > PART:
            plan.parts.append(0)
        plan.parts[-1] += size
        numbers[leader] = len(plan.parts) - 1
    await stage.put(
        ("stage_work", (one["site"], one["key"], one["revision"], numbers[leaders[one["site"]]])) for one in work
    )


def _linked(moves: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of each site from or to which users move, the site that stands for all that such moves link with it."""
    leaders: dict[str, str] = {}

    def find(site: str) -> str:
        while leaders.setdefault(site, site) != site:
            leaders[site] = leaders[leaders[site]]
            site = leaders[site]
        return site

    for old, new in moves:
        leaders[find(new)] = find(old)
    return {site: find(site) for site in list(leaders)}


async def _gather_parts(stage: Stage) -> None:
    """Puts beside each other what a part will read: the files may have their rows in any order."""
    await stage.analyse("stage_work")
    await stage.fetch(
        "INSERT INTO stage_part SELECT w.part, c.user_key, c.site, c.old_site, c.kind, s.external_id, "
        f"{', '.join(f's.{name}' for name in COLUMNS)}, s.barge_in_exempt "
        "FROM stage_changed AS c JOIN stage_users AS s ON s.number = c.number "
        "JOIN stage_work AS w ON w.site = c.site ORDER BY w.part, c.site, s.sort_key, s.number",
        [],
    )


def _changed_groups(differs: str) -> str:
    """The sites of groups that are new, or have other members than their rows say, with how many."""
    named = (
        "stage_named AS n LEFT JOIN sites ON sites.external_id = n.site "
        "LEFT JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key"
    )
    return (
        f"SELECT n.site, count(*) FROM {named} WHERE g.id IS NULL GROUP BY n.site "
        f"UNION ALL SELECT n.site, count(*) FROM {named} JOIN stage_members AS m ON m.number = n.number "
        "LEFT JOIN users AS u ON u.external_id = m.external_id "
        f"WHERE u.pickup_group_id {differs} g.id OR u.id IS NULL GROUP BY n.site "
        f"UNION ALL SELECT n.site, count(*) FROM {named} JOIN users AS u ON u.pickup_group_id = g.id "
        "WHERE NOT EXISTS (SELECT 1 FROM stage_members AS m WHERE m.number = n.number "
        "AND m.external_id = u.external_id) GROUP BY n.site"
    )
