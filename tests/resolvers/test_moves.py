"""moveMembers: users change groups in one transaction, and each group touched has its change."""

import pytest

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import (
    MEMBERS,
    history,
    ids,
    members_changed,
    not_eligible,
    nothing_changes,
    on_another_site,
)

SET, ADD = "setPickupGroupMembers", "addPickupGroupMembers"
JOINING = (SET, ADD)
GROUPS = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on PickupGroup { version updatedAt
  members { nodes { id } } } } }"""


@pytest.mark.parametrize("mutation", JOINING)
async def test_move_adds_change_per_group_losing_groups_first(api: Api, mutation: str) -> None:
    site = await make_site()
    first, second = await make_group(site, "Z first"), await make_group(site, "A second")
    group, untouched = await make_group(site), await make_group(site, "Untouched")
    c, b, a = [await make_user(site, group=one) for one in (second, first, second)]
    stays, exempt = await make_user(site, group=untouched), await make_user(site, exempt=True)

    payload = await api.mutate(
        mutation, MEMBERS, id=group.id, userIds=[a.id, exempt.id, b.id, c.id, a.id], moveMembers=True
    )

    assert payload["violations"] == []
    assert ids(payload["added"]) == [a.id, exempt.id, b.id, c.id]
    assert (payload["pickupGroup"]["version"], payload["pickupGroup"]["site"]["revision"]) == (2, 3)
    assert await history(api, site) == [
        members_changed(first.id, membersRemoved=[b.id]),
        members_changed(second.id, membersRemoved=[c.id, a.id]),
        members_changed(group.id, membersAdded=[c.id, b.id, a.id, exempt.id], bargeInExemptionsCleared=[exempt.id]),
    ]
    lost = {"version": 2, "updatedAt": payload["pickupGroup"]["updatedAt"], "members": {"nodes": []}}
    found = (await api.ask(GROUPS, ids=[first.id, second.id, untouched.id]))["nodes"]
    assert found[:2] == [lost, lost]
    assert (found[2]["version"], ids(found[2]["members"]["nodes"])) == (1, [stays.id])


async def test_set_members_with_move_members_swaps_whole_group(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    own, foreign = await make_user(site, group=group), await make_user(site, group=other)

    payload = await api.mutate(SET, MEMBERS, id=group.id, userIds=[foreign.id], moveMembers=True)
    swapped = await api.mutate(SET, MEMBERS, id=other.id, userIds=[own.id], expectedVersion=2)

    assert (ids(payload["added"]), ids(payload["removed"])) == ([foreign.id], [own.id])
    assert (swapped["violations"], swapped["pickupGroup"]["version"]) == ([], 3)
    assert await history(api, site) == [
        members_changed(other.id, membersRemoved=[foreign.id]),
        members_changed(group.id, membersAdded=[foreign.id], membersRemoved=[own.id]),
        members_changed(other.id, membersAdded=[own.id]),
    ]


@pytest.mark.parametrize("mutation", JOINING)
async def test_move_members_without_moves_adds_one_change(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    member, free = await make_user(site, group=group), await make_user(site)

    await api.mutate(mutation, MEMBERS, id=group.id, userIds=[member.id, free.id], moveMembers=True)

    assert await history(api, site) == [members_changed(group.id, membersAdded=[free.id])]


@pytest.mark.parametrize("mutation", JOINING)
async def test_move_members_with_violations_moves_no_user(api: Api, mutation: str) -> None:
    site, far = await make_site(), await make_site()
    group, other, far_group = await make_group(site), await make_group(site, "Other"), await make_group(far, "Far")
    busy, foreign = await make_user(site, group=other), await make_user(far, group=far_group)
    fax = await make_user(site, station=StationType.FAX)

    async with nothing_changes(api):
        payload = await api.mutate(
            mutation, MEMBERS, id=group.id, userIds=[busy.id, foreign.id, fax.id], moveMembers=True
        )

    assert payload["violations"] == [on_another_site(1, foreign), not_eligible(2, fax)]
