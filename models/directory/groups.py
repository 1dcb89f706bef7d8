"""The staged groups of some sites: each row judged by the state that all rows lead to, under the sites' locks."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.database import Transaction
from models.text import NameFault, clean_name, name_faults, name_key

_FAULTS = {
    NameFault.REQUIRED: "the name has nothing in it that can be seen",
    NameFault.TOO_LONG: "the name has more than 80 characters",
    NameFault.INVALID: "the name holds a character that cannot be seen",
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A good row: the group's key, None for one that is to be made, and its members' external ids."""

    site_key: int
    group_key: int | None
    name: str
    members: tuple[str, ...]


async def judge_groups(
    transaction: Transaction, sites: Sequence[str], refused: list[tuple[int, int, str]]
) -> list[GroupRow]:
    """The good rows in the order of the file; number, line and reason of the others are added to `refused`.

    A member is judged by the site and the station that the row of users.csv gives, or else by those stored.
    """
    statement = transaction.statement()
    rows = await transaction.fetch(
        "SELECT g.row_number, g.line, g.name, sites.id AS site_id, sites.main_number FROM stage_groups AS g "
        f"JOIN sites ON sites.external_id = g.site WHERE g.site IN {statement.texts(sites)} ORDER BY g.row_number",
        statement.values,
    )
    if not rows:
        return []
    members = await _members(transaction, sites)
    statement = transaction.statement()
    stored = await transaction.fetch(
        "SELECT id, site_id, name_key FROM pickup_groups "
        f"WHERE site_id IN {statement.keys({row['site_id'] for row in rows})}",
        statement.values,
    )
    groups = {(one["site_id"], one["name_key"]): one["id"] for one in stored}
    seen: set[tuple[int, str]] = set()
    claimed: set[str] = set()
    good: list[GroupRow] = []
    for row in rows:
        name = clean_name(row["name"]) or row["main_number"] or ""
        named = members.get(row["row_number"], [])
        reason = _name_fault(row["name"], name) or next((why for _, why in named if why), None)
        if reason is None:
            key = (row["site_id"], name_key(name))
            twice = next((one for one, _ in named if one in claimed), None)
            if key in seen:
                reason = "an earlier row has the same site and name"
            elif twice is not None:
                reason = f"{twice} is in the group of an earlier row"
        if reason is not None:
            refused.append((row["row_number"], row["line"], reason))
            continue
        seen.add(key)
        claimed.update(one for one, _ in named)
        good.append(GroupRow(row["site_id"], groups.get(key), name, tuple(one for one, _ in named)))
    return good


def _name_fault(written: str, name: str) -> str | None:
    if not written and not name:
        return "the row has no name, and the site no main number to name the group after"
    faults = name_faults(name)
    return _FAULTS[faults[0]] if faults else None


async def _members(transaction: Transaction, sites: Sequence[str]) -> dict[int, list[tuple[str, str | None]]]:
    """Of each row its members' external ids, each with the reason why it may not be one, if any."""
    statement = transaction.statement()
    records = await transaction.fetch(
        "SELECT m.row_number, m.external_id, m.site, COALESCE(s.site, sites.external_id) AS user_site, "
        "COALESCE(s.station_type, u.station_type) AS station_type FROM stage_members AS m "
        "LEFT JOIN stage_users AS s ON s.external_id = m.external_id "
        "LEFT JOIN users AS u ON u.external_id = m.external_id LEFT JOIN sites ON sites.id = u.site_id "
        f"WHERE m.site IN {statement.texts(sites)}",
        statement.values,
    )
    found: dict[int, list[tuple[str, str | None]]] = {}
    for one in records:
        found.setdefault(one["row_number"], []).append((one["external_id"], _member_fault(one)))
    return found


def _member_fault(member: dict[str, str | None]) -> str | None:
    name = member["external_id"]
    if member["user_site"] is None:
        return f"there is no user {name}"
    if member["user_site"] != member["site"]:
        return f"{name} is a user of another site"
    if member["station_type"] in ("CONFERENCE_ROOM", "FAX", "VOICEMAIL_ONLY", "AUTO_ATTENDANT"):
        return f"{name} has a station of type {member['station_type']}, which may not be in a group"
    return None
