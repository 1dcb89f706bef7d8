"""Search: every sentence of its promise, in every list that has it."""

import pytest

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import CONNECTIONS, Ids

SEARCHED = {name: listed for name, listed in CONNECTIONS.items() if "search" in listed.arguments}
USERS = [name for name, listed in SEARCHED.items() if listed.row == "User"]
GROUPS = [name for name, listed in SEARCHED.items() if listed.row == "PickupGroup"]


async def found_in(api: Api, name: str, ids: Ids, search: str | None, field: str) -> list[str]:
    """The values of a field in the rows found, which are as many as are counted."""
    listed = SEARCHED[name]
    answer = await api.ask(listed.query(ids, f"totalCount nodes {{ {field} }}"), search=search)
    page = listed.page_in(answer["found"])
    assert page["totalCount"] == len(page["nodes"])
    return [node[field] for node in page["nodes"]]


ALL = ["Cœur", "Næss", "O'Neill", "Straße", "100%_\\"]


async def make_people(api: Api, name: str) -> Ids:
    """Users who are in the list of that name."""
    site = await make_site()
    group = await make_group(site)
    member = group if name == "members" else None
    await make_user(site, "Hélène", "Cœur", extension="2042", phone_number="+15145550142", group=member)
    await make_user(site, "Søren", "Næss", email="soren.naess@example.com", group=member)
    await make_user(site, "Seán", "O'Neill", phone_number="+353861234567", group=member)
    await make_user(site, "Greta", "Straße", extension="77", email="greta+calls@example.org", group=member)
    await make_user(site, '"Quote"', "100%_\\", group=member)
    return {"Site": site.id, "PickupGroup": group.id}


SEARCHES = {
    # accents, strokes, ligatures, case
    "helene": ["Cœur"],
    "HÉLÈNE": ["Cœur"],
    "he\u0301le\u0300ne": ["Cœur"],
    "coeur": ["Cœur"],
    "CŒUR": ["Cœur"],
    "strasse": ["Straße"],
    "STRASSE": ["Straße"],
    "straße": ["Straße"],
    "soren naess": ["Næss"],
    "søren næss": ["Næss"],
    # in the middle and at either end, in any field
    "len": ["Cœur"],
    "oe": ["Cœur"],
    "neill": ["O'Neill"],
    "@example": ["Næss", "Straße"],
    "example.org": ["Straße"],
    # terms of one, two, three characters and more
    "œ": ["Cœur"],
    "h": ["Cœur"],
    "ss": ["Næss", "Straße"],
    "ae": ["Næss"],
    "ess": ["Næss"],
    # every term, in any order, across fields, and repeats
    "coeur helene": ["Cœur"],
    "  hel \t coe \n": ["Cœur"],
    "\u00a0helene\u2003coeur\u3000": ["Cœur"],
    "helene naess": [],
    "helene zzz": [],
    "e e e e e e e e e e": ["Cœur", "Næss", "O'Neill", "Straße", "100%_\\"],
    "helenecoeur": [],
    # digits
    "514-555": ["Cœur"],
    "(514)": ["Cœur"],
    "+1 (514) 555-0142": ["Cœur"],
    "+1.514.555.0142": ["Cœur"],
    "15145550142": ["Cœur"],
    "5145550142": ["Cœur"],
    "0142": ["Cœur"],
    "42": ["Cœur"],
    "7": ["O'Neill", "Straße"],
    "353": ["O'Neill"],
    "2042": ["Cœur"],
    "514x555": [],
    # one field ends and another begins there
    "20421514": [],
    # no digit in it: compared as it stands
    "-": [],
    "+": ["Cœur", "O'Neill", "Straße"],
    "()": [],
    ".": ["Næss", "Straße"],
    "greta+calls": ["Straße"],
    # ordinary characters
    "%": ["100%_\\"],
    "_": ["100%_\\"],
    "\\": ["100%_\\"],
    "%_\\": ["100%_\\"],
    "100%": ["100%_\\"],
    "1_0": [],
    "e%e": [],
    "'": ["O'Neill"],
    "o'neill": ["O'Neill"],
    "o''neill": [],
    '"': ["100%_\\"],
    '"quote"': ["100%_\\"],
    "'; DROP TABLE users; --": [],
    "*": [],
    "[a-z]": [],
    "NULL": [],
    # no search
    "": ALL,
    " ": ALL,
    " \t\r\n\u00a0\u2003\u3000": ALL,
    # in no text
    "\0": [],
    "helene\0": [],
    "\ud800": [],
    "coeur \udfff": [],
    "\x07": [],
    "\u0301": ALL,
    "\U0001f600": [],
}


@pytest.mark.parametrize("name", USERS)
async def test_user_search_matches_every_term(api: Api, name: str) -> None:
    ids = await make_people(api, name)

    for search, expected in SEARCHES.items():
        found = await found_in(api, name, ids, search, "lastName")
        assert sorted(found) == sorted(expected), search
    assert sorted(await found_in(api, name, ids, None, "lastName")) == sorted(ALL)


async def test_site_search_looks_in_name_and_main_number(api: Api) -> None:
    await make_site("Siège social Montréal", main_number="+15145550100", external_id="hidden-key")
    await make_site("Québec", main_number="+14185550100")

    async def found(search: str) -> list[str]:
        return await found_in(api, "sites", {}, search, "name")

    assert await found("siege montreal") == ["Siège social Montréal"]
    assert await found("(514) 555-0100") == ["Siège social Montréal"]
    assert await found("555-0100") == ["Québec", "Siège social Montréal"]
    assert await found("quebec 418") == ["Québec"]
    assert await found("hidden-key") == []
    assert await found("zz") == await found("%") == []


@pytest.mark.parametrize("name", GROUPS)
async def test_group_search_looks_in_name(api: Api, name: str) -> None:
    site = await make_site("Acme")
    member = await make_group(site, "Équipe des ventes 514-555")
    await make_group(site, "Support 100%")
    await make_user(site, "Zoltan", "Zed", group=member)

    async def found(search: str) -> list[str]:
        return await found_in(api, name, {"Site": site.id}, search, "name")

    assert await found("equipe VENTES") == ["Équipe des ventes 514-555"]
    assert await found("514555") == await found("(514) 555") == ["Équipe des ventes 514-555"]
    assert await found("0%") == await found("%") == ["Support 100%"]
    assert await found("pp") == await found("o p") == ["Support 100%"]
    assert await found("zoltan") == await found("acme") == await found("de_") == []


async def test_user_search_ignores_other_columns(api: Api) -> None:
    site = await make_site("Acme")
    await make_user(site, station=StationType.FAX, external_id="hidden-key")
    ids = {"Site": site.id}

    assert await found_in(api, "users", ids, "hidden", "id") == []
    assert await found_in(api, "users", ids, "fax", "id") == []
    assert await found_in(api, "users", ids, "acme", "id") == []


@pytest.mark.parametrize("name", SEARCHED)
async def test_search_rejects_more_than_200_characters_or_10_terms(api: Api, name: str) -> None:
    listed = SEARCHED[name]
    site = await make_site()
    ids = {"Site": site.id, "PickupGroup": (await make_group(site)).id}

    for search in ("x" * 200, "x " * 10, " " * 200, "😀" * 200, "é" * 200):
        await found_in(api, name, ids, search, "id")
    long = await listed.refused(api, ids, search="x" * 201)
    blank = await listed.refused(api, ids, search=" " * 201)
    many = await listed.refused(api, ids, search="x " * 11)

    assert long["message"].endswith("…): A search may have at most 200 characters; this one has 201.")
    assert blank["message"].endswith("…): A search may have at most 200 characters; this one has 201.")
    assert many["message"].endswith(f'(search: "{"x " * 11}"): A search may have at most 10 terms; this one has 11.')
    assert {error["extensions"]["code"] for error in (long, blank, many)} == {"BAD_USER_INPUT"}
