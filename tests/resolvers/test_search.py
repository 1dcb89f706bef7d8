"""Search: every sentence of its promise, in every list that has it."""

import pytest

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import CONNECTIONS, Ids
from tests.support.serving import serving, token

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


ALL = ["Cœur", "Næss", "O'Neill", "Straße", "100%_\\", "**?[^abc]]"]


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
    await make_user(site, "", "**?[^abc]]", group=member)
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
    "*": ["**?[^abc]]"],
    "**": ["**?[^abc]]"],
    "***": [],
    "?": ["**?[^abc]]"],
    "[": ["**?[^abc]]"],
    "]": ["**?[^abc]]"],
    "^abc": ["**?[^abc]]"],
    "*?[^abc]]": ["**?[^abc]]"],
    "h*n": [],
    "h?l": [],
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


APOSTROPHES, DASHES = "'’‘ʼʻ`′", "-‐‑‒–—−"


@pytest.mark.parametrize("name", USERS)
async def test_users_are_found_and_ordered_with_any_apostrophe_and_dash(api: Api, name: str) -> None:
    site = await make_site()
    group = await make_group(site)
    member = group if name == "members" else None
    for number, character in enumerate(reversed(APOSTROPHES)):
        await make_user(site, f"{number}", f"O{character}Brien", group=member)
    for number, character in enumerate(reversed(DASHES)):
        await make_user(site, f"{number}", f"Le{character}Roux", extension=f"{number}", group=member)
    await make_user(site, "x", "OBrien", group=member)
    await make_user(site, "x", "Le Roux", group=member)
    ids = {"Site": site.id, "PickupGroup": group.id}
    brians = [f"O{character}Brien" for character in reversed(APOSTROPHES)]
    roux = [f"Le{character}Roux" for character in reversed(DASHES)]

    for character in APOSTROPHES:
        assert await found_in(api, name, ids, f"o{character}brien", "lastName") == brians
        assert await found_in(api, name, ids, character, "lastName") == brians
    for character in DASHES:
        assert await found_in(api, name, ids, f"LE{character}ROUX", "lastName") == roux
        assert await found_in(api, name, ids, character, "lastName") == roux
    assert await found_in(api, name, ids, None, "lastName") == ["Le Roux", *roux, *brians, "OBrien"]


@pytest.mark.parametrize("name", GROUPS)
async def test_groups_are_found_and_ordered_with_any_apostrophe_and_dash(api: Api, name: str) -> None:
    site = await make_site()
    names = [f"L{one}équipe 12{other}34" for one, other in zip(APOSTROPHES, DASHES, strict=True)]
    for text in names:
        await make_group(site, text)
    await make_group(site, "Léquipe 12 34")

    async def found(search: str | None) -> list[str]:
        return await found_in(api, name, {"Site": site.id}, search, "name")

    for one, other in zip(APOSTROPHES, DASHES, strict=True):
        assert await found(f"l{one}equipe") == await found(f"12{other}34 {one}") == names
    assert await found(None) == [*names, "Léquipe 12 34"]
    assert await found("1234") == [*names, "Léquipe 12 34"]


async def test_site_search_ignores_shape_of_apostrophe_and_dash(api: Api) -> None:
    await make_site("L’Île–Perrot")

    for one, other in zip(APOSTROPHES, DASHES, strict=True):
        assert await found_in(api, "sites", {}, f"l{one}ile{other}perrot", "name") == ["L’Île–Perrot"]


NUMBERS = [
    "01 23 45 67 89",
    "01.23.45.67.89",
    "01/23/45/67/89",
    "01–23–45–67–89",
    "01‑23−45—67‒89",
    "(01) 23.45.67.89",
    "0123456789",
    "123456789",
    "+33123456789",
    "(+33) 1 23 45 67 89",
    "+33 (0)1 23 45 67 89",
    "00 33 1 23 45 67 89",
    "0033123456789",
    "0033 (0)1 23 45 67 89",
    "tel:+33-1-23-45-67-89",
    "TEL: 01 23 45 67 89",
]
"""One number as people in France write it."""


async def make_parisians(name: str) -> Ids:
    """One user with the number of NUMBERS, and some with numbers like it, who are in the list of that name."""
    site = await make_site(external_id="paris")
    group = await make_group(site)
    member = group if name == "members" else None
    await make_user(site, "Zoé", "Petit", phone_number="+33123456789", email="zoe@example.fr", group=member)
    await make_user(site, "Luc", "Grand", phone_number="+331234567890", group=member)
    await make_user(site, "Max", "Moyen", phone_number="+33123456780", group=member)
    await make_user(site, "Ann", "Autre", phone_number="+15145550142", group=member)
    await make_user(site, "Bob", "Aucun", group=member)
    return {"Site": site.id, "PickupGroup": group.id}


@pytest.mark.parametrize("name", USERS)
async def test_user_search_finds_number_as_people_write_it(url: str, name: str) -> None:
    async with serving(url, default_region="FR") as api:
        ids = await make_parisians(name)

        by_digits = {"123456789", "+33123456789", "(+33) 1 23 45 67 89"}
        for search in NUMBERS:
            expected = ["Grand", "Petit"] if search in by_digits else ["Petit"]
            assert await found_in(api, name, ids, search, "lastName") == expected, search
        assert await found_in(api, name, ids, "011 1 514 555 0142", "lastName") == []
        assert await found_in(api, name, ids, "00 1 514 555 0142", "lastName") == ["Autre"]
        assert await found_in(api, name, ids, "01 23 45 67 89 zoe", "lastName") == []
        assert await found_in(api, name, ids, "01 23 45 67", "lastName") == []
        assert await found_in(api, name, ids, "01 23 45 67 88", "lastName") == []


@pytest.mark.parametrize("name", USERS)
async def test_user_search_without_region_finds_number_with_country_code(api: Api, name: str) -> None:
    ids = await make_parisians(name)

    for search in NUMBERS[-6:-1]:
        assert await found_in(api, name, ids, search, "lastName") == ["Petit"], search
    assert await found_in(api, name, ids, NUMBERS[0], "lastName") == []
    assert await found_in(api, name, ids, NUMBERS[-1], "lastName") == []


async def test_user_search_finds_number_beside_terms(url: str) -> None:
    async with serving(url, default_region="FR") as api:
        ids = await make_parisians("users")
        site = await make_site()
        await make_user(site, "01", "23456789")

        assert await found_in(api, "users", ids, "01 23 45 67 89", "lastName") == ["23456789", "Petit"]
        assert await found_in(api, "users of site", ids, "01 23 45 67 89", "lastName") == ["Petit"]


async def test_search_for_number_keeps_filter_and_cursor(url: str) -> None:
    async with serving(url, default_region="FR") as api:
        ids = await make_parisians("users")
        other = await make_site()
        for first_name in ("A", "B", "C"):
            await make_user(other, first_name, "Petit", phone_number="+33123456789", station=StationType.FAX)
        query = (
            "query($search: String, $after: String, $filter: UserFilter) { users(search: $search, first: 2, "
            "after: $after, filter: $filter) { totalCount nodes { firstName } pageInfo { hasNextPage endCursor } } }"
        )

        async def page(search: str, **given: object) -> tuple[int, list[str], bool, str]:
            found = (await api.ask(query, search=search, **given))["users"]
            names = [node["firstName"] for node in found["nodes"]]
            return found["totalCount"], names, found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]

        *first, cursor = await page("01 23 45 67 89")
        assert first == [4, ["A", "B"], True]
        *second, _ = await page("tel:+33 1 23 45 67 89", after=cursor)
        assert second == [4, ["C", "Zoé"], False]
        # The same statement, for another number.
        assert (await page("01 23 45 67 80"))[:3] == (1, ["Max"], False)
        assert (await page("01 23 45 67 89", filter={"stationTypes": ["STANDARD"]}))[:3] == (1, ["Zoé"], False)
        assert await found_in(api, "Site.users", ids, "01 23 45 67 89", "firstName") == ["Zoé"]


async def test_search_for_number_keeps_grant(url: str) -> None:
    async with serving(url, token=token(sites=["paris"]), default_region="FR") as api:
        ids = await make_parisians("users")
        other = await make_site()
        await make_user(other, "A", "Petit", phone_number="+33123456789")

        assert await found_in(api, "users", ids, "01 23 45 67 89", "firstName") == ["Zoé"]


async def test_site_search_finds_main_number_as_people_write_it(url: str) -> None:
    async with serving(url, default_region="FR") as api:
        await make_site("Paris", main_number="+33123456789")
        await make_site("Lyon", main_number="+33123456780")

        for search in NUMBERS:
            assert await found_in(api, "sites", {}, search, "name") == ["Paris"], search


async def test_literal_search_for_number_uses_region(url: str) -> None:
    async with serving(url, default_region="FR") as api:
        ids = await make_parisians("users")
        users = 'users(search: "01 23 45 67 89") { nodes { lastName } }'

        found = await api.ask(f'{{ {users} site(id: "{ids["Site"]}") {{ {users} }} }}')

    assert found["users"] == found["site"]["users"] == {"nodes": [{"lastName": "Petit"}]}


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
