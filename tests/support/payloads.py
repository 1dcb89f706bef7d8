"""What the tests of mutations select, and the state that a refusal must leave as it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from models.change import Change
from models.database.database import Database
from models.pickup_group import PickupGroup
from models.row import Row
from models.site import Site
from models.user import User
from tests.support.api import Api

GROUP = "pickupGroup { id name version updatedAt memberCount members { nodes { id } } site { id revision } }"
USER = "id bargeInExempt pickupStatus pickupGroup { id }"
VIOLATIONS = """violations { __typename rule path
  ... on NameTaken { pickupGroup { id name } }
  ... on MemberOnAnotherSite { user { id site { id } } }
  ... on MemberInAnotherGroup { user { id displayName } pickupGroup { id name } }
  ... on StationNotEligible { user { id stationType } }
  ... on VersionConflict { currentVersion }
  ... on NotFound { id } }"""
CREATED = f"{GROUP} bargeInExemptionsCleared {{ {USER} }} {VIOLATIONS}"
RENAMED = f"{GROUP} {VIOLATIONS}"
MEMBERS = f"{GROUP} added {{ {USER} }} removed {{ {USER} }} bargeInExemptionsCleared {{ {USER} }} {VIOLATIONS}"
DELETED = f"deletedId released {{ {USER} }} {VIOLATIONS}"

Payload = dict[str, Any]


def ids(rows: list[Payload]) -> list[str]:
    return [row["id"] for row in rows]


def broken(payload: Payload) -> list[tuple[str, list[str]]]:
    return [(violation["rule"], violation["path"]) for violation in payload["violations"]]


def at(place: int) -> list[str]:
    """The path of the user named at that place."""
    return ["input", "userIds", str(place)]


def not_found(id_: str, *path: str) -> Payload:
    return {"__typename": "NotFound", "rule": "NOT_FOUND", "path": ["input", *path], "id": id_}


def version_conflict(current: int) -> Payload:
    path = ["input", "expectedVersion"]
    return {"__typename": "VersionConflict", "rule": "VERSION_CONFLICT", "path": path, "currentVersion": current}


def invalid_name(rule: str) -> Payload:
    return {"__typename": "InvalidName", "rule": rule, "path": ["input", "name"]}


def name_taken(group: PickupGroup) -> Payload:
    of = {"id": group.id, "name": group.name}
    return {"__typename": "NameTaken", "rule": "NAME_TAKEN", "path": ["input", "name"], "pickupGroup": of}


def on_another_site(place: int, user: User) -> Payload:
    of = {"id": user.id, "site": {"id": f"Site:{user.site_key}"}}
    return {"__typename": "MemberOnAnotherSite", "rule": "MEMBER_ON_ANOTHER_SITE", "path": at(place), "user": of}


def in_another_group(place: int, user: User, group: PickupGroup) -> Payload:
    return {
        "__typename": "MemberInAnotherGroup",
        "rule": "MEMBER_IN_ANOTHER_GROUP",
        "path": at(place),
        "user": {"id": user.id, "displayName": user.display_name},
        "pickupGroup": {"id": group.id, "name": group.name},
    }


def not_eligible(place: int, user: User) -> Payload:
    of = {"id": user.id, "stationType": user.station_type}
    return {"__typename": "StationNotEligible", "rule": "STATION_NOT_ELIGIBLE", "path": at(place), "user": of}


async def stored(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with all that is in it."""
    tables: tuple[type[Row], ...] = (Site, PickupGroup, User, Change)
    async with database.reading() as session:
        return {row.table(): await session.fetch(f"SELECT * FROM {row.table()} ORDER BY id", []) for row in tables}


@asynccontextmanager
async def nothing_changes(api: Api) -> AsyncIterator[None]:
    """Fail if the block changes anything that is stored: a revision, a version, an instant, a membership."""
    before = await stored(api.database)
    yield
    assert await stored(api.database) == before


HISTORY = """query($id: ID!) { site(id: $id) { revision changes(first: 100) { nodes {
  revision kind actor pickupGroupId nameBefore nameAfter membersAdded membersRemoved bargeInExemptionsCleared } } } }"""


async def history(api: Api, site: Site) -> list[Payload]:
    """The site's changes, whose revisions are gapless up to the site's own."""
    found = (await api.ask(HISTORY, id=site.id))["site"]
    changes: list[Payload] = found["changes"]["nodes"]
    assert [change.pop("revision") for change in changes] == list(range(1, found["revision"] + 1))
    return changes


def change(kind: str, group_id: str | None, **changed: Any) -> Payload:
    """A change as `history` returns it; what is not given is empty."""
    nothing: Payload = {"nameBefore": None, "nameAfter": None}
    nothing |= {"membersAdded": [], "membersRemoved": [], "bargeInExemptionsCleared": []}
    return {"kind": kind, "actor": "anonymous", "pickupGroupId": group_id, **nothing, **changed}


def members_changed(group_id: str, **changed: Any) -> Payload:
    return change("PICKUP_GROUP_MEMBERS_CHANGED", group_id, **changed)
