"""The orders of lists: names as people sort them, extensions as numbers, ties by key; the same on both databases."""

from typing import Any

import pytest

from models.site import Site
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import CONNECTIONS, Listed

IN_ORDER = [
    ("", "", "no name at all"),
    ("Zoe", "", "no last name"),
    ("Ann", "2 Live", "digits before letters"),
    ("Ann", "_underscore", "a sign before letters, as in ASCII"),
    ("Ann", "Ångström", "accents do not count"),
    ("Bob", "angstrom", "the same last name, by the first"),
    ("Ann", "Coeur", "a ligature spelt out: the tie goes by key"),
    ("Ann", "Cœur", "and this one is younger"),
    ("Zoe", "Le", "the whole last name first"),
    ("Ann", "Le Blanc", "a space counts"),
    ("Ann", "LeBlanc", "no space comes after one"),
    ("Ann", "Lee-Ann", "a hyphen too"),
    ("Ann", "ŁUKASZ", "strokes do not count"),
    ("Bob", "lukasz", "nor does case"),
    ("Ann", "O’Neill", "apostrophes of all shapes are one, and come before letters"),
    ("Ann", "Ögren", "nor do marks count"),
    ("Ann", "Straße", "spelt out"),
    ("Ann", "Strassen", "so longer is later"),
    ("Ann", "Zoë", "to the end of the Latin letters"),
    ("Ann", "Ωmega", "Greek after Latin"),
    ("Ann", "Иванов", "then Cyrillic"),
    ("Ann", "李", "then Chinese"),
    ("Ann", "😀", "then what lies beyond the basic plane"),
]


async def names_in(api: Api, listed: Listed, ids: Any, selection: str, **order: str) -> list[Any]:
    found = await api.ask(listed.query(ids, f"nodes {{ {selection} }}"), orderBy=order)
    return [list(node.values()) for node in listed.page_in(found["found"])["nodes"]]


async def make_users_in_order(site: Site) -> None:
    """Made in an order that is none of those of the names, but for two that are tied."""
    for place in sorted(range(len(IN_ORDER)), key=lambda place: (place != 6, place % 3, -place)):
        first, last, _ = IN_ORDER[place]
        await make_user(site, first, last)


@pytest.mark.parametrize("name", ["users", "users of site", "Site.users", "availableUsers"])
async def test_users_by_name_ignore_case_and_accents(api: Api, name: str) -> None:
    site = await make_site()
    ids = {"Site": site.id, "PickupGroup": (await make_group(site)).id}
    await make_users_in_order(site)
    expected = [[first, last] for first, last, _ in IN_ORDER]

    ascending = await names_in(api, CONNECTIONS[name], ids, "firstName lastName", field="NAME")
    descending = await names_in(api, CONNECTIONS[name], ids, "firstName lastName", field="NAME", direction="DESC")

    assert ascending == expected
    assert descending == expected[::-1]


@pytest.mark.parametrize("name", ["sites", "pickupGroups", "Site.pickupGroups"])
async def test_sites_and_groups_by_name_ignore_case_and_accents(api: Api, name: str) -> None:
    listed = CONNECTIONS[name]
    names = ["", "10", "9", "Érable", "est", "Montréal", "montréal 2", "Œuvre", "Øst", "Ωmega", "支店"]
    if listed.row == "Site":
        names[0] = "#1"
        for text in names[::-1]:
            await make_site(text)
        ids = {}
    else:
        site = await make_site()
        names[0] = "#1"
        for text in names[::-1]:
            await make_group(site, text)
        ids = {"Site": site.id}

    ascending = await names_in(api, listed, ids, "name", field="NAME")
    descending = await names_in(api, listed, ids, "name", field="NAME", direction="DESC")

    assert ascending == [[text] for text in names]
    assert descending == [[text] for text in names[::-1]]


async def test_users_by_extension_are_numeric_with_missing_last(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    for extension in (None, "100", "20", "0020", "999999999999999", "3", "0", None):
        await make_user(site, extension=extension, group=group)
    ids = {"Site": site.id, "PickupGroup": group.id}
    expected = [["0"], ["3"], ["20"], ["0020"], ["100"], ["999999999999999"], [None], [None]]

    for name in ("users", "users of site", "Site.users", "members"):
        ascending = await names_in(api, CONNECTIONS[name], ids, "extension", field="EXTENSION")
        descending = await names_in(api, CONNECTIONS[name], ids, "extension", field="EXTENSION", direction="DESC")
        assert ascending == expected
        assert descending == expected[::-1]


@pytest.mark.parametrize("name", ["pickupGroups", "pickupGroups of site", "Site.pickupGroups"])
async def test_groups_by_created_at_and_updated_at(api: Api, name: str) -> None:
    site = await make_site()
    ids = {"Site": site.id}
    for text, second in (("b", "09"), ("a", "10"), ("d", "10"), ("c", "08")):
        await make_group(site, text, created_at=f"2026-01-01T00:00:{second}.000000Z")
    first = (await api.ask("{ pickupGroups(first: 1) { nodes { id } } }"))["pickupGroups"]["nodes"][0]
    await api.mutate("renamePickupGroup", "violations { rule }", id=first["id"], name="A")

    by_creation = await names_in(api, CONNECTIONS[name], ids, "name", field="CREATED_AT")
    newest_first = await names_in(api, CONNECTIONS[name], ids, "name", field="CREATED_AT", direction="DESC")
    by_change = await names_in(api, CONNECTIONS[name], ids, "name", field="UPDATED_AT")
    changed_last = await names_in(api, CONNECTIONS[name], ids, "name", field="UPDATED_AT", direction="DESC")

    assert by_creation == [["c"], ["b"], ["A"], ["d"]]
    assert by_change == [["c"], ["b"], ["d"], ["A"]]
    assert (newest_first, changed_last) == (by_creation[::-1], by_change[::-1])


async def test_changes_are_in_order_of_revision(api: Api) -> None:
    site, other = await make_site(), await make_site()
    for place, owner in enumerate((site, other, site, site, other)):
        await api.mutate("createPickupGroup", "violations { rule }", siteId=owner.id, name=f"G{place}")
    query = "query($id: ID!) { site(id: $id) { changes { nodes { revision nameAfter } } } }"

    ours = (await api.ask(query, id=site.id))["site"]["changes"]["nodes"]
    theirs = (await api.ask(query, id=other.id))["site"]["changes"]["nodes"]

    assert [list(change.values()) for change in ours] == [[1, "G0"], [2, "G2"], [3, "G3"]]
    assert [list(change.values()) for change in theirs] == [[1, "G1"], [2, "G4"]]
