"""An administrator's work from end to end, as the portal does it."""

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user

VIOLATIONS = "violations { rule path message }"


async def test_administrator_gets_all_violations_and_nothing_changes(api: Api) -> None:
    site, other = await make_site(), await make_site()
    group, taken = await make_group(site), await make_group(site, "Taken")
    free, elsewhere = await make_user(site), await make_user(other)
    busy = await make_user(site, group=taken)

    payload = await api.mutate(
        "setPickupGroupMembers",
        f"pickupGroup {{ version memberCount site {{ revision }} }} {VIOLATIONS}",
        id=group.id,
        userIds=[free.id, busy.id, elsewhere.id, "User:9999"],
    )

    assert [(one["rule"], one["path"]) for one in payload["violations"]] == [
        ("MEMBER_IN_ANOTHER_GROUP", ["input", "userIds", "1"]),
        ("MEMBER_ON_ANOTHER_SITE", ["input", "userIds", "2"]),
        ("NOT_FOUND", ["input", "userIds", "3"]),
    ]
    assert payload["pickupGroup"] == {"version": 1, "memberCount": 0, "site": {"revision": 0}}
