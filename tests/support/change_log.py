"""Compares the change log of a site with the answers that its administrators got."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import orjson

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.integrity.check import find_problems
from tests.support.administrators import Call, Crowd

KINDS = {
    "createPickupGroup": "PICKUP_GROUP_CREATED",
    "renamePickupGroup": "PICKUP_GROUP_RENAMED",
    "setPickupGroupMembers": "PICKUP_GROUP_MEMBERS_CHANGED",
    "addPickupGroupMembers": "PICKUP_GROUP_MEMBERS_CHANGED",
    "removePickupGroupMembers": "PICKUP_GROUP_MEMBERS_CHANGED",
    "deletePickupGroup": "PICKUP_GROUP_DELETED",
}


async def check_history(url: str, crowd: Crowd) -> int:
    """Compare every acknowledged call with what is stored, and return the number of changes.

    Each acknowledged call is stored as a whole and as it was answered, only calls without an answer may be stored
    besides, and the stored groups are what the change log leads to.
    """
    async with opened_database(parse_database_url(url)) as database:
        assert await find_problems(database) == []
        async with database.reading() as session:
            changes = await session.fetch("SELECT * FROM changes ORDER BY site_id, revision", [])
    changes = [change for change in changes if change["site_id"] == crowd.site.key]
    assert [change["revision"] for change in changes] == list(range(1, len(changes) + 1))
    versions = _versions(changes)
    calls = {call.subject: call for call in crowd.calls}
    written = [(actor, list(of_actor)) for actor, of_actor in groupby(changes, key=lambda change: change["actor"])]
    assert len({actor for actor, _ in written}) == len(written), "the changes of a call stand together"
    for actor, of_actor in written:
        _check_written(calls[actor], of_actor, versions)
    kept = {actor for actor, _ in written}
    lost = [call for call in crowd.calls if call.acknowledged and _changed(call) and call.subject not in kept]
    assert lost == [], "acknowledged, but not there"
    return len(changes)


def _versions(changes: Sequence[dict[str, Any]]) -> dict[int, int]:
    """The version that each revision gave its group."""
    now: dict[int, int] = {}
    versions = {}
    for change in changes:
        key = change["pickup_group_id"]
        now[key] = now.get(key, 0) + 1
        versions[change["revision"]] = now[key]
    return versions


def _changed(call: Call) -> bool:
    """Whether the payload shows that something was changed."""
    payload = call.payload
    assert payload is not None
    if payload["violations"] or call.mutation == "renamePickupGroup":
        return False
    return call.mutation in {"createPickupGroup", "deletePickupGroup"} or bool(payload["added"] or payload["removed"])


def _check_written(call: Call, written: Sequence[dict[str, Any]], versions: dict[int, int]) -> None:
    *moves, own = written
    assert own["kind"] == KINDS[call.mutation]
    for move in moves:
        assert (move["kind"], move["added_keys"]) == ("PICKUP_GROUP_MEMBERS_CHANGED", "[]")
    # Users who left another group joined this one: a call is stored as a whole.
    left = {key for move in moves for key in orjson.loads(move["removed_keys"])}
    assert left <= set(orjson.loads(own["added_keys"]))
    if call.payload is None:
        assert call.code in {"NO_ANSWER", "UNAVAILABLE"}, "what was refused has no history"
        return
    assert call.payload["violations"] == []
    if call.mutation == "deletePickupGroup":
        released = sorted(int(one["id"].rpartition(":")[2]) for one in call.payload["released"])
        assert call.payload["deletedId"] == f"PickupGroup:{own['pickup_group_id']}"
        assert released == orjson.loads(own["removed_keys"])
        return
    group = call.payload["pickupGroup"]
    answered = (group["id"], group["version"], group["site"]["revision"])
    assert answered == (f"PickupGroup:{own['pickup_group_id']}", versions[own["revision"]], own["revision"])
