"""What a token permits on the sites that it grants."""

import pytest

from models.caller import Permission
from tests.support.factories import make_site
from tests.support.serving import serving, token


async def test_token_without_read_sees_only_viewer(url: str) -> None:
    async with serving(url, token=token("ann", [])) as api:
        await make_site()

        answer = await api.answer('{ viewer { subject permissions } node(id: "Site:1") { id } }')

    assert answer["data"] == {"viewer": {"subject": "ann", "permissions": []}, "node": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_write_includes_read(url: str) -> None:
    async with serving(url, token=token("admin", [Permission.WRITE])) as api:
        site = await make_site("Montréal")

        answer = await api.answer("{ viewer { permissions } sites { nodes { id } } }")

    expected = {"viewer": {"permissions": ["READ", "WRITE"]}, "sites": {"nodes": [{"id": site.id}]}}
    assert answer == {"data": expected}


@pytest.mark.parametrize(
    "document",
    [
        "query ($texts: [ID!]!) { nodes(ids: $texts) { id } }",
        "query ($texts: [String!]!) { sites(filter: {externalIds: $texts}) { totalCount } }",
        "mutation ($texts: [ID!]!) { addPickupGroupMembers(input: {id: 1, userIds: $texts}) { added { id } } }",
        "mutation ($texts: [String!]!) { removeUsers(input: {externalIds: $texts}) { removed } }",
        "mutation ($texts: [String!]!) { removeSites(input: {externalIds: $texts}) { removed } }",
    ],
)
async def test_caller_without_permission_is_forbidden_whatever_the_arguments_are(url: str, document: str) -> None:
    async with serving(url, token=token("ann", [])) as api:
        answer = await api.answer(document, texts=["x"] * 1_001)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
