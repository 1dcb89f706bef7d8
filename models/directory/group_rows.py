"""The rows of groups.csv, checked against the state that all rows of the files lead to."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models.database.sessions import Records
from models.directory.columns import GROUP_KEYS, GROUPS
from models.directory.group_claims import GroupRow, Member, accept_rows
from models.directory.staging_area import StagingArea
from models.domain.group_names import MAX_NAME_LENGTH, NameFault, name_faults
from models.queries.row_keys import group_keys, name_key
from models.user import ELIGIBLE_NAMES

_NAME_PROBLEMS = {
    NameFault.REQUIRED: "the name has nothing in it that can be seen",
    NameFault.TOO_LONG: f"the name has more than {MAX_NAME_LENGTH} characters",
    NameFault.INVALID: "the name holds a character that cannot be seen",
}
_CHUNK = 20_000
"""Rows and members that are checked at once, in whole sites."""


async def check_group_rows(staging: StagingArea, of_plan: Callable[[str], str]) -> None:
    """Copy the valid rows to accepted_groups and refuse the rest. `of_plan` is the SQL of whether a site is planned.

    Administrators change neither users nor sites, so this needs no lock. A member's site and station are those of their
    row in users.csv, or the stored ones if they have none. Memberships are checked again under the locks.
    """
    await staging.fetch(f"DELETE FROM accepted_groups WHERE {of_plan('site')}", [])
    await staging.fetch(
        "DELETE FROM refused_rows WHERE planned AND number IN "
        f"(SELECT g.number FROM staged_groups AS g WHERE {of_plan('g.site')})",
        [],
    )
    sizes = await staging.fetch(
        "SELECT g.site, count(*) AS size FROM staged_groups AS g LEFT JOIN staged_members AS m ON m.number = g.number "
        f"WHERE {of_plan('g.site')} GROUP BY g.site ORDER BY g.site",
        [],
    )
    for sites in _chunks(sizes):
        rows = await _fetch_rows(staging, sites)
        accept_rows(rows)
        await staging.insert(_checked_row(row) for row in rows)
    await staging.analyse("accepted_groups")


def _checked_row(row: GroupRow) -> tuple[str, Sequence[Any]]:
    if row.problem is not None:
        return "refused_rows", ("groups", row.number, row.line, row.problem, None, True)
    keys = group_keys(row.columns)
    return "accepted_groups", (row.number, *row.columns.values(), *(keys[name] for name in GROUP_KEYS))


def _chunks(sizes: Records) -> Iterator[list[str]]:
    sites: list[str] = []
    size = 0
    for one in sizes:
        if sites and size + one["size"] > _CHUNK:
            yield sites
            sites, size = [], 0
        sites.append(one["site"])
        size += one["size"]
    if sites:
        yield sites


async def _fetch_rows(staging: StagingArea, sites: Sequence[str]) -> list[GroupRow]:
    """Return the rows of the sites, in the order of the file, each with its members."""
    statement = staging.statement()
    columns = ", ".join(f"g.{name}" for name in GROUPS.staged)
    records = await staging.fetch(
        f"SELECT g.number, g.line, {columns}, CASE WHEN s.external_id IS NULL THEN sites.main_number "
        "ELSE s.main_number END AS main_number FROM staged_groups AS g "
        "LEFT JOIN staged_sites AS s ON s.external_id = g.site LEFT JOIN sites ON sites.external_id = g.site "
        f"WHERE g.site IN {statement.texts(sites)} ORDER BY g.site, g.number",
        statement.values,
    )
    rows = {record["number"]: _group_row(record) for record in records}
    statement = staging.statement()
    for record in await staging.fetch(
        "SELECT m.number, m.external_id, g.site, COALESCE(s.site, sites.external_id) AS user_site, "
        "COALESCE(s.station_type, u.station_type) AS station_type, p.user_key IS NOT NULL AS removed, "
        "old.name AS group_name, old.name_key AS group_key "
        "FROM staged_groups AS g JOIN staged_members AS m ON m.number = g.number "
        "LEFT JOIN staged_users AS s ON s.external_id = m.external_id "
        "LEFT JOIN users AS u ON u.external_id = m.external_id LEFT JOIN sites ON sites.id = u.site_id "
        "LEFT JOIN pickup_groups AS old ON old.id = u.pickup_group_id AND sites.external_id = g.site "
        "LEFT JOIN pruned_users AS p ON p.user_key = u.id "
        f"WHERE g.site IN {statement.texts(sites)} ORDER BY m.external_id",
        statement.values,
    ):
        row = rows[record["number"]]
        row.problem = row.problem or _member_problem(record)
        group = None if record["group_key"] is None else (record["site"], record["group_key"])
        row.members.append(Member(record["external_id"], group, record["group_name"]))
    return list(rows.values())


def _group_row(record: dict[str, Any]) -> GroupRow:
    name = record["name"] or record["main_number"] or ""
    key = name_key(name) if len(name) <= MAX_NAME_LENGTH else ""
    columns = {column: record[column] for column in GROUPS.staged} | {"name": name}
    problem = _name_problem(record, name)
    return GroupRow(record["number"], record["line"], (record["site"], key), columns, problem=problem)


def _name_problem(record: dict[str, Any], name: str) -> str | None:
    if not name and not record["name"]:
        return "the row has no name, and the site no main number to name the group after"
    problems = name_faults(name)
    return _NAME_PROBLEMS[problems[0]] if problems else None


def _member_problem(member: dict[str, Any]) -> str | None:
    name = member["external_id"]
    if member["user_site"] is None:
        return f"there is no user {name}"
    if member["removed"]:
        return f"{name} is removed, since users.csv does not list them"
    if member["user_site"] != member["site"]:
        return f"{name} is a user of another site"
    if member["station_type"] not in ELIGIBLE_NAMES:
        return f"{name} has a station of type {member['station_type']}, which may not be in a group"
    return None
