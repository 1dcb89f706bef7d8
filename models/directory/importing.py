"""Importing a directory: the files are staged, their rows judged together, then each site is brought up to date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.caller import Caller, Permission
from models.database import Database, Transaction
from models.directory import staging
from models.directory.applying import Application, Tally
from models.directory.files import GROUP_COLUMNS, SITE_COLUMNS, USER_COLUMNS, DirectoryFile

Progress = Callable[[int, int], None]
"""Called with how many of the sites that need work are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, and how. `actor` is who is written down with the changes."""

    actor: str
    sites: Path | None = None
    users: Path | None = None
    groups: Path | None = None
    region: str | None = None
    prune: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What became of an import. `too_many` are the sites that would have lost more than a fifth of their users."""

    tally: Tally = field(default_factory=Tally)
    files: list[DirectoryFile] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def refused(self) -> int:
        return sum(len(file.refused) for file in self.files)


async def import_directory(database: Database, order: Order, progress: Progress = lambda _done, _all: None) -> Report:
    """Imports the files. Raises FileRefused before anything is changed.

    The database must have been opened with one connection: the staged rows stand in its temporary tables.
    """
    report = Report()
    users, sites, groups = (
        DirectoryFile(path, columns) if path else None
        for path, columns in ((order.users, USER_COLUMNS), (order.sites, SITE_COLUMNS), (order.groups, GROUP_COLUMNS))
    )
    report.files = [file for file in (sites, users, groups) if file is not None]
    await staging.make_tables(database)
    if sites is not None:
        await staging.stage_sites(database, sites, order.region)
    if users is not None:
        await staging.stage_users(database, users, order.region)
    if groups is not None:
        await staging.stage_groups(database, groups)
    await staging.index_tables(database)
    await _refuse_together(database, sites, users, groups)
    prune = order.prune and users is not None
    if prune and not order.force:
        report.too_many = await _too_many_removed(database)
        prune = not report.too_many
    await _apply(database, order, report, prune=prune, progress=progress)
    if groups is not None:
        for number, line, reason in report.tally.refused_groups:
            groups.refuse(number, line, reason)
    report.unchanged = (users.rows - len(users.refused) - report.tally.added - report.tally.changed) if users else 0
    if not order.dry_run:
        for file in report.files:
            file.write_rejected()
    return report


async def _refuse_together(
    database: Database, sites: DirectoryFile | None, users: DirectoryFile | None, groups: DirectoryFile | None
) -> None:
    """Refuses what only all rows together show: the later of two with one key, and rows of a site that is unknown."""
    known = "(SELECT external_id FROM sites UNION SELECT external_id FROM stage_sites)"
    earlier = "EXISTS (SELECT 1 FROM {0} AS e WHERE e.external_id = t.external_id AND e.row_number < t.row_number)"
    for file, table, condition, reason in (
        (sites, "stage_sites", earlier.format("stage_sites"), "an earlier row has the same site_id"),
        (users, "stage_users", earlier.format("stage_users"), "an earlier row has the same user_id"),
        (users, "stage_users", f"t.site NOT IN {known}", "there is no such site"),
        (groups, "stage_groups", f"t.site NOT IN {known}", "there is no such site"),
    ):
        if file is not None:
            await _refuse(database, file, table, condition, reason)


async def _refuse(database: Database, file: DirectoryFile, table: str, condition: str, reason: str) -> None:
    async def body(transaction: Transaction) -> list[dict[str, Any]]:
        found = await transaction.fetch(f"SELECT t.* FROM {table} AS t WHERE {condition} ORDER BY t.row_number", [])
        for start in range(0, len(found), staging.BATCH):
            statement = transaction.statement()
            keys = statement.keys([one["row_number"] for one in found[start : start + staging.BATCH]])
            if table == "stage_users":
                await transaction.fetch(
                    f"INSERT INTO stage_refused SELECT external_id FROM stage_users WHERE row_number IN {keys}",
                    statement.values,
                )
            await transaction.fetch(f"DELETE FROM {table} WHERE row_number IN {keys}", statement.values)
        return found

    for one in await database.change(body):
        file.refuse(one["row_number"], one["line"], reason)


async def _too_many_removed(database: Database) -> list[str]:
    """The sites that users.csv names and that would lose more than a fifth of their users."""

    async def body(transaction: Transaction) -> list[dict[str, Any]]:
        return await transaction.fetch(
            "SELECT sites.external_id FROM users AS u JOIN sites ON sites.id = u.site_id "
            "WHERE sites.external_id IN (SELECT site FROM stage_users) GROUP BY sites.external_id "
            "HAVING 5 * sum(CASE WHEN u.external_id NOT IN (SELECT external_id FROM stage_users) AND "
            "u.external_id NOT IN (SELECT external_id FROM stage_refused) THEN 1 ELSE 0 END) > count(*) "
            "ORDER BY sites.external_id",
            [],
        )

    return [one["external_id"] for one in await database.change(body)]


async def _apply(database: Database, order: Order, report: Report, *, prune: bool, progress: Progress) -> None:
    caller = Caller(order.actor, frozenset(Permission), None)
    parts = await _parts(database, prune=prune)
    for done, part in enumerate(parts):
        progress(done, len(parts))

        async def body(transaction: Transaction, part: Sequence[str] = part) -> Tally:
            tally = await Application(transaction, caller, part, prune=prune).run()
            if order.dry_run:
                transaction.abandon()
            return tally

        report.tally.add(await database.change(body))
    progress(len(parts), len(parts))


async def _parts(database: Database, *, prune: bool) -> list[list[str]]:
    """The sites that have something to do, those that users move between put together, in a fixed order."""

    async def body(transaction: Transaction) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        moves = await transaction.fetch(
            "SELECT DISTINCT sites.external_id AS source, s.site AS target FROM stage_users AS s "
            "JOIN users AS u ON u.external_id = s.external_id JOIN sites ON sites.id = u.site_id "
            "WHERE s.site <> sites.external_id",
            [],
        )
        distinct = "IS NOT" if database.dialect == "sqlite" else "IS DISTINCT FROM"
        columns = ("search_key", "sort_key", "first_name", "last_name", "extension", "phone_number", "email")
        differs = " OR ".join(
            [f"s.{name} {distinct} u.{name}" for name in columns]
            + ["s.station_type <> u.station_type", "s.barge_in_exempt <> u.barge_in_exempt"]
        )
        pruned = (
            " UNION SELECT sites.external_id FROM users AS u JOIN sites ON sites.id = u.site_id "
            "WHERE sites.external_id IN (SELECT site FROM stage_users) "
            "AND u.external_id NOT IN (SELECT external_id FROM stage_users)"
        )
        busy = await transaction.fetch(
            "SELECT s.external_id AS site FROM stage_sites AS s LEFT JOIN sites ON sites.external_id = s.external_id "
            f"WHERE sites.id IS NULL OR s.name <> sites.name OR s.main_number {distinct} sites.main_number "
            "UNION SELECT site FROM stage_groups UNION SELECT s.site FROM stage_users AS s "
            f"LEFT JOIN users AS u ON u.external_id = s.external_id WHERE u.id IS NULL OR {differs}"
            + (pruned if prune else ""),
            [],
        )
        return moves, busy

    moves, busy = await database.change(body)
    leader: dict[str, str] = {}

    def find(site: str) -> str:
        while leader.setdefault(site, site) != site:
            site = leader[site]
        return site

    for move in moves:
        leader[find(move["source"])] = find(move["target"])
    parts: dict[str, list[str]] = {}
    for site in sorted({one["site"] for one in busy} | set(leader)):
        parts.setdefault(find(site), []).append(site)
    return list(parts.values())
