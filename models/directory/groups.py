"""The rows of groups.csv, each judged by the state that all rows of the files lead to."""

from collections.abc import Iterator, Sequence
from typing import Any

from models.database.sessions import Records
from models.directory.parsing import Values
from models.directory.staging import Stage
from models.domain.group_names import MAX_NAME_LENGTH, NameFault, name_faults, name_key
from models.queries.search_text import search_key, sort_key
from models.user import ELIGIBLE_NAMES

_FAULTS = {
    NameFault.REQUIRED: "the name has nothing in it that can be seen",
    NameFault.TOO_LONG: f"the name has more than {MAX_NAME_LENGTH} characters",
    NameFault.INVALID: "the name holds a character that cannot be seen",
}
_CHUNK = 20_000
"""Rows and members that are judged at once, in whole sites."""


async def judge_groups(stage: Stage) -> None:
    """Puts the good rows into stage_named, and refuses the others.

    Administrators can change neither users nor sites, so this needs no lock. A member is judged by the site and the
    station that their row of users.csv gives, or else by those stored.
    """
    await stage.fetch("DELETE FROM stage_named", [])
    await stage.fetch("DELETE FROM stage_refused WHERE planned", [])
    sizes = await stage.fetch(
        "SELECT g.site, count(*) AS size FROM stage_groups AS g LEFT JOIN stage_members AS m ON m.number = g.number "
        "GROUP BY g.site ORDER BY g.site",
        [],
    )
    for sites in _chunks(sizes):
        rows = await _rows(stage, sites)
        members = await _members(stage, sites)
        await stage.put(_judged(rows, members))
    await stage.analyse("stage_named")


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


async def _rows(stage: Stage, sites: Sequence[str]) -> Records:
    statement = stage.statement()
    return await stage.fetch(
        "SELECT g.number, g.line, g.site, g.name, CASE WHEN s.external_id IS NULL THEN sites.main_number "
        "ELSE s.main_number END AS main_number FROM stage_groups AS g "
        "LEFT JOIN stage_sites AS s ON s.external_id = g.site LEFT JOIN sites ON sites.external_id = g.site "
        f"WHERE g.site IN {statement.texts(sites)} ORDER BY g.site, g.number",
        statement.values,
    )


async def _members(stage: Stage, sites: Sequence[str]) -> dict[int, list[tuple[str, str | None]]]:
    """Of each row its members' keys, each with the reason why it may not be one, if any."""
    statement = stage.statement()
    records = await stage.fetch(
        "SELECT m.number, m.external_id, g.site, COALESCE(s.site, sites.external_id) AS user_site, "
        "COALESCE(s.station_type, u.station_type) AS station_type, p.user_key IS NOT NULL AS removed "
        "FROM stage_groups AS g JOIN stage_members AS m ON m.number = g.number "
        "LEFT JOIN stage_users AS s ON s.external_id = m.external_id "
        "LEFT JOIN users AS u ON u.external_id = m.external_id LEFT JOIN sites ON sites.id = u.site_id "
        "LEFT JOIN stage_pruned AS p ON p.user_key = u.id "
        f"WHERE g.site IN {statement.texts(sites)}",
        statement.values,
    )
    found: dict[int, list[tuple[str, str | None]]] = {}
    for one in records:
        found.setdefault(one["number"], []).append((one["external_id"], _member_fault(one)))
    return found


def _member_fault(member: dict[str, Any]) -> str | None:
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


def _judged(rows: Records, members: dict[int, list[tuple[str, str | None]]]) -> Iterator[tuple[str, Values]]:
    """Row by row: of two that are one group, or that claim one user, the later is refused.

    A row that is refused has no say in that.
    """
    seen: set[tuple[str, str]] = set()
    claimed: set[str] = set()
    for row in rows:
        named = members.get(row["number"], [])
        name = row["name"] or row["main_number"] or ""
        key = (row["site"], name_key(name) if len(name) <= MAX_NAME_LENGTH else "")
        reason = _row_fault(row["name"], name) or next((why for _, why in sorted(named) if why), None)
        if reason is None and key in seen:
            reason = "an earlier row has the same site and name"
        if reason is None:
            twice = next((one for one, _ in sorted(named) if one in claimed), None)
            reason = f"{twice} is in the group of an earlier row" if twice is not None else None
        if reason is not None:
            yield "stage_refused", ("groups", row["number"], row["line"], reason, None, True)
            continue
        seen.add(key)
        claimed.update(one for one, _ in named)
        yield "stage_named", (row["number"], row["site"], name, key[1], sort_key(name), search_key(name))


def _row_fault(written: str, name: str) -> str | None:
    if not written and not name:
        return "the row has no name, and the site no main number to name the group after"
    faults = name_faults(name)
    return _FAULTS[faults[0]] if faults else None
