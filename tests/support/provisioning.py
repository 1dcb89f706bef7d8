"""Rows, selections and payloads of the directory's mutations."""

from typing import Any

from models.site import Site
from models.user import User
from tests.support.api import Api

_VIOLATIONS = "violations { __typename rule path ... on NotFound { id } ... on SiteInUse { site { id } } }"
_ENDED = "membershipsEnded { userExternalId reason pickupGroup { id version memberCount } }"
SITES_UPSERTED = f"sites {{ id externalId name mainNumber revision }} added changed {_VIOLATIONS}"
USERS_UPSERTED = f"""users {{ id externalId site {{ externalId revision }} firstName lastName extension
    phoneNumber email stationType bargeInExempt pickupStatus pickupGroup {{ id }} }}
  added changed bargeInExemptionsCleared {{ id }} {_ENDED} {_VIOLATIONS}"""
USERS_REMOVED = f"removed {_ENDED} {_VIOLATIONS}"
SITES_REMOVED = f"removed {_VIOLATIONS}"

NO_USERS: dict[str, Any] = {
    "added": 0,
    "changed": 0,
    "bargeInExemptionsCleared": [],
    "membershipsEnded": [],
    "violations": [],
}
"""A payload of upsertUsers without its users, if nothing was done."""


def user_row(key: str, site: str, **given: Any) -> dict[str, Any]:
    row = {"externalId": key, "siteExternalId": site, "stationType": "STANDARD", **given}
    return row if "firstName" in given or "lastName" in given else row | {"firstName": "Ann"}


def site_row(key: str, **given: Any) -> dict[str, Any]:
    return {"externalId": key, "name": "Site", **given}


def row_not_found(id_: str, *path: str | int) -> dict[str, Any]:
    return {"__typename": "NotFound", "rule": "NOT_FOUND", "path": ["input", *map(str, path)], "id": id_}


def ended(user: str, group: str, reason: str, *, version: int, members: int) -> dict[str, Any]:
    of = {"id": group, "version": version, "memberCount": members}
    return {"userExternalId": user, "reason": reason, "pickupGroup": of}


async def group_of(api: Api, site: Site, name: str, *users: User) -> str:
    """The id of a new group with these members."""
    created = await api.mutate(
        "createPickupGroup", "pickupGroup { id }", siteId=site.id, name=name, userIds=[user.id for user in users]
    )
    id_: str = created["pickupGroup"]["id"]
    return id_


async def stored_users(api: Api) -> dict[str, tuple[str, str | None]]:
    """The site and the pickup group of each user, by their keys."""
    found = await api.ask("{ users(first: 100) { nodes { externalId site { externalId } pickupGroup { id } } } }")
    return {
        user["externalId"]: (user["site"]["externalId"], (user["pickupGroup"] or {}).get("id"))
        for user in found["users"]["nodes"]
    }
