"""What a token permits, whoever's sites it grants."""

from models.caller import Permission
from tests.support.factories import make_site
from tests.support.serving import serving, token


async def test_a_token_without_read_sees_nothing_but_itself(url: str) -> None:
    async with serving(url, token=token("nobody", [])) as api:
        await make_site()

        answer = await api.answer('{ viewer { subject permissions } node(id: "Site:1") { id } }')

    assert answer["data"] == {"viewer": {"subject": "nobody", "permissions": []}, "node": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_write_includes_read(url: str) -> None:
    async with serving(url, token=token("admin", [Permission.WRITE])) as api:
        site = await make_site("Montréal")

        answer = await api.answer("{ viewer { permissions } sites { nodes { id } } }")

    expected = {"viewer": {"permissions": ["READ", "WRITE"]}, "sites": {"nodes": [{"id": site.id}]}}
    assert answer == {"data": expected}
