"""The rows of groups.csv, checked against the state that all rows of the files lead to."""

from collections.abc import Iterator, Sequence
from typing import Any

from models.database.sessions import Records
from models.directory.staging_area import StagingArea
from models.domain.group_names import MAX_NAME_LENGTH, NameFault, name_faults, name_key
from models.queries.search_text import search_key, sort_key
from models.user import ELIGIBLE_NAMES

_NAME_PROBLEMS = {
    NameFault.REQUIRED: "the name has nothing in it that can be seen",
    NameFault.TOO_LONG: f"the name has more than {MAX_NAME_LENGTH} characters",
    NameFault.INVALID: "the name holds a character that cannot be seen",
}
_CHUNK = 20_000
"""Rows and members that are checked at once, in whole sites."""


async def check_group_rows(staging: StagingArea) -> None:
    """Copy the valid rows to accepted_groups and refuse the rest.

    Administrators change neither users nor sites, so this needs no lock. A member's site and station are those of their
    row in users.csv, or the stored ones if they have none.
    """
    await staging.fetch("DELETE FROM accepted_groups", [])
    await staging.fetch("DELETE FROM refused_rows WHERE planned", [])
    sizes = await staging.fetch(
        "SELECT g.site, count(*) AS size FROM staged_groups AS g LEFT JOIN staged_members AS m ON m.number = g.number "
        "GROUP BY g.site ORDER BY g.site",
        [],
    )
    for sites in _chunks(sizes):
        rows = await _rows(staging, sites)
        members = await _members(staging, sites)
        await staging.insert(_checked_rows(rows, members))
    await staging.analyse("accepted_groups")


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


async def _rows(staging: StagingArea, sites: Sequence[str]) -> Records:
    statement = staging.statement()
    return await staging.fetch(
        "SELECT g.number, g.line, g.site, g.name, CASE WHEN s.external_id IS NULL THEN sites.main_number "
        "ELSE s.main_number END AS main_number FROM staged_groups AS g "
        "LEFT JOIN staged_sites AS s ON s.external_id = g.site LEFT JOIN sites ON sites.external_id = g.site "
        f"WHERE g.site IN {statement.texts(sites)} ORDER BY g.site, g.number",
        statement.values,
    )


async def _members(staging: StagingArea, sites: Sequence[str]) -> dict[int, list[tuple[str, str | None]]]:
    """Return the member keys of each row, each with the reason if it is refused."""
    statement = staging.statement()
    records = await staging.fetch(
        "SELECT m.number, m.external_id, g.site, COALESCE(s.site, sites.external_id) AS user_site, "
        "COALESCE(s.station_type, u.station_type) AS station_type, p.user_key IS NOT NULL AS removed "
        "FROM staged_groups AS g JOIN staged_members AS m ON m.number = g.number "
        "LEFT JOIN staged_users AS s ON s.external_id = m.external_id "
        "LEFT JOIN users AS u ON u.external_id = m.external_id LEFT JOIN sites ON sites.id = u.site_id "
        "LEFT JOIN pruned_users AS p ON p.user_key = u.id "
        f"WHERE g.site IN {statement.texts(sites)}",
        statement.values,
    )
    found: dict[int, list[tuple[str, str | None]]] = {}
    for one in records:
        found.setdefault(one["number"], []).append((one["external_id"], _member_problem(one)))
    return found


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


def _checked_rows(
    rows: Records, members: dict[int, list[tuple[str, str | None]]]
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Check row by row: of two for one group, or with one member, refuse the later. A refused row does not count."""
    seen: set[tuple[str, str]] = set()
    claimed: set[str] = set()
    for row in rows:
        named = members.get(row["number"], [])
        name = row["name"] or row["main_number"] or ""
        key = (row["site"], name_key(name) if len(name) <= MAX_NAME_LENGTH else "")
        reason = _name_problem(row["name"], name) or next((why for _, why in sorted(named) if why), None)
        if reason is None and key in seen:
            reason = "an earlier row has the same site and name"
        if reason is None:
            twice = next((one for one, _ in sorted(named) if one in claimed), None)
            reason = f"{twice} is in the group of an earlier row" if twice is not None else None
        if reason is not None:
            yield "refused_rows", ("groups", row["number"], row["line"], reason, None, True)
            continue
        seen.add(key)
        claimed.update(one for one, _ in named)
        yield "accepted_groups", (row["number"], row["site"], name, key[1], sort_key(name), search_key(name))


def _name_problem(written: str, name: str) -> str | None:
    if not written and not name:
        return "the row has no name, and the site no main number to name the group after"
    problems = name_faults(name)
    return _NAME_PROBLEMS[problems[0]] if problems else None
