"""Filters: all that is given must hold, with search, and null gives nothing."""

from itertools import product
from typing import Any

import pytest

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import CONNECTIONS, INFO, Page

FILTERED = ["users", "users of site", "Site.users"]
ODD = ["", "unknown", "M", "\0", "m\0", "\ud800", "'", "%", "😀"]


async def filtered(api: Api, name: str, ids: dict[str, str], chosen: dict[str, Any] | None, **given: Any) -> Page:
    """A page of first names."""
    listed = CONNECTIONS[name]
    query = listed.query(ids, f"totalCount nodes {{ firstName }} {INFO}").replace(
        "query(", "query($filter: UserFilter, "
    )
    query = query.replace("first: $first", "filter: $filter, first: $first")
    return listed.page_in((await api.ask(query, filter=chosen, **given))["found"])


async def numbers(api: Api, name: str, ids: dict[str, str], chosen: dict[str, Any] | None, **given: Any) -> list[str]:
    """The first names of the users found, which are as many as are counted."""
    page = await filtered(api, name, ids, chosen, **given)
    assert page["totalCount"] == len(page["nodes"])
    return [node["firstName"] for node in page["nodes"]]


async def make_directory() -> dict[str, str]:
    """With extensions that run against the names."""
    site = await make_site()
    group = await make_group(site)
    for number, station in enumerate(StationType):
        await make_user(site, f"{number}", extension=f"{9 - number}", station=station, external_id=f"e{number}")
    await make_user(site, "m", "Member", station=StationType.PREMIUM, group=group, external_id="m")
    await make_user(site, "n", "Member", station=StationType.BASIC, group=group, external_id="\u0144 é")
    return {"Site": site.id, "PickupGroup": group.id}


@pytest.mark.parametrize("name", FILTERED)
async def test_user_filter_combines_conditions_and_search(api: Api, name: str) -> None:
    ids = await make_directory()
    all_users = [*"012345678", "m", "n"]
    external = {None: all_users, ("m", "e0", "e6"): ["0", "6", "m"], (): [], ("m", "m", *ODD): ["m"]}
    stations = {None: all_users, ("PREMIUM", "FAX", "FAX"): ["0", "6", "m"], (): [], ("BASIC",): ["2", "n"]}
    statuses = {
        None: all_users,
        "ASSIGNED": ["m", "n"],
        "STATION_NOT_ELIGIBLE": [*"5678"],
        "AVAILABLE": [*"01234"],
    }
    searches = {None: all_users, "": all_users, "member": ["m", "n"], "zz": [], "LEE": [*"012345678"]}

    for keys, types, status, search in product(external, stations, statuses, searches):
        chosen = {
            "externalIds": None if keys is None else list(keys),
            "stationTypes": None if types is None else list(types),
            "pickupStatus": status,
        }
        allowed = (external[keys], stations[types], statuses[status], searches[search])
        expected = [one for one in all_users if all(one in some for some in allowed)]
        assert await numbers(api, name, ids, chosen, search=search) == expected, (chosen, search)
    assert await numbers(api, name, ids, None) == await numbers(api, name, ids, {}) == all_users


@pytest.mark.parametrize("name", FILTERED)
async def test_user_filter_pages_in_every_order(api: Api, name: str) -> None:
    ids = await make_directory()
    chosen = {"pickupStatus": "AVAILABLE", "stationTypes": ["BASIC", "STANDARD", "PREMIUM", "FAX"]}

    for field, direction, expected in (
        ("NAME", "ASC", "012"),
        ("NAME", "DESC", "210"),
        ("EXTENSION", "ASC", "210"),
        ("EXTENSION", "DESC", "012"),
    ):
        cursor = None
        for place, number in enumerate(expected):
            order = {"field": field, "direction": direction}
            page = await filtered(api, name, ids, chosen, orderBy=order, first=1, after=cursor)
            assert (page["totalCount"], page["nodes"]) == (3, [{"firstName": number}])
            assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (place > 0, place < 2)
            cursor = page["pageInfo"]["endCursor"]


async def test_user_filter_takes_1000_external_ids(api: Api) -> None:
    ids = await make_directory()
    many = [f"no-such-{number}" for number in range(998)]

    assert await numbers(api, "users", ids, {"externalIds": ["e3", *many, "e1"]}) == ["1", "3"]
    assert await numbers(api, "users", ids, {"externalIds": ["e3"] * 1_000}) == ["3"]


@pytest.mark.parametrize("name", FILTERED)
async def test_user_filter_compares_external_ids_in_nfc(api: Api, name: str) -> None:
    ids = await make_directory()

    for key in ("\u0144 é", "n\u0301 é", "\u0144 e\u0301", "n\u0301 e\u0301"):
        assert await numbers(api, name, ids, {"externalIds": [key]}) == ["n"]
    assert await numbers(api, name, ids, {"externalIds": ["\u0144 é", "n\u0301 é", "m"]}) == ["m", "n"]
    for key in ("n é", "\u0144 e", "n" + "\u0301" * 100_000):
        assert await numbers(api, name, ids, {"externalIds": [key]}) == []


async def test_site_filter_by_external_ids(api: Api) -> None:
    for key, text in (("S1", "Site a"), ("S2", "Site b"), ("S3", "c"), ("É", "d")):
        await make_site(text, external_id=key)
    query = "query($f: SiteFilter, $q: String) { sites(filter: $f, search: $q) { totalCount nodes { name } } }"

    async def names(chosen: dict[str, Any] | None, search: str | None = None) -> list[str]:
        page = (await api.ask(query, f=chosen, q=search))["sites"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["name"] for node in page["nodes"]]

    assert await names({"externalIds": ["S3", "S1", "S1", "s2", *ODD]}) == ["c", "Site a"]
    assert await names({"externalIds": ["S3", "S1"]}, "site") == ["Site a"]
    assert await names({"externalIds": ["E\u0301"]}) == await names({"externalIds": ["É"]}) == ["d"]
    assert await names({"externalIds": []}) == []
    assert await names({"externalIds": ["S1", *(f"no-{number}" for number in range(999))]}) == ["Site a"]
    assert await names({"externalIds": None}) == await names({}) == await names(None) == ["c", "d", "Site a", "Site b"]


async def test_user_filter_rejects_unknown_values(api: Api) -> None:
    query = "query($f: UserFilter) { users(filter: $f) { totalCount } }"

    for chosen in ({"stationTypes": ["TELEX"]}, {"pickupStatus": "available"}, {"externalIds": [None]}, {"name": "x"}):
        error = await api.error(query, f=chosen)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    literal = await api.error("{ users(filter: {stationTypes: [TELEX]}) { totalCount } }")
    assert literal["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
