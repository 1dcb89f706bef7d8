"""What a token permits on the sites that it grants."""

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
