"""What a token permits, whoever's sites it grants."""

import httpx

from graph.app import create_app
from graph.auth import sign_token
from graph.settings import Settings
from models.caller import Permission
from tests.factories import make_site

SECRET = "a secret that is long enough for HS256"


async def test_a_token_without_read_sees_nothing_but_itself(url: str) -> None:
    settings = Settings(database_url=url, jwt_secret=SECRET)
    app = create_app(settings)
    token = sign_token(settings, "nobody", [], None, 60)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://pickup.example") as http,
    ):
        await make_site()

        response = await http.post(
            "/graphql",
            headers={"Authorization": f"Bearer {token}"},
            json={"query": '{ viewer { subject permissions } node(id: "Site:1") { id } }'},
        )

    answer = response.json()
    assert answer["data"] == {"viewer": {"subject": "nobody", "permissions": []}, "node": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_write_includes_read(url: str) -> None:
    settings = Settings(database_url=url, jwt_secret=SECRET)
    app = create_app(settings)
    token = sign_token(settings, "admin", [Permission.WRITE], None, 60)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://pickup.example") as http,
    ):
        site = await make_site("Montréal")

        response = await http.post(
            "/graphql",
            headers={"Authorization": f"Bearer {token}"},
            json={"query": "{ viewer { permissions } sites { nodes { id } } }"},
        )

    expected = {"viewer": {"permissions": ["READ", "WRITE"]}, "sites": {"nodes": [{"id": site.id}]}}
    assert response.json() == {"data": expected}
