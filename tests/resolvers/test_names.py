"""Names of groups: how they are stored, which are refused, and which compare equal."""

from tests.support.api import Api
from tests.support.factories import make_group, make_site
from tests.support.payloads import CREATED, RENAMED, change, history, invalid_name, name_taken, nothing_changes

CREATE = "createPickupGroup"
RENAME = "renamePickupGroup"
SCOTLAND = "\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

WELL_WRITTEN = {
    "  Équipe\u00a0\t\n": "Équipe",
    "\u2028\u3000Accueil\u2029\x85": "Accueil",
    "E\u0301tage": "Étage",
    "Two  spaces": "Two  spaces",
    f"  {'x' * 80}  ": "x" * 80,
    "e\u0301" * 80: "é" * 80,
    "📞" * 80: "📞" * 80,
    "👩🏽‍💻 Accueil ☎️ 1️⃣": "👩🏽‍💻 Accueil ☎️ 1️⃣",
    f"🏴{SCOTLAND}": f"🏴{SCOTLAND}",
    "{name} % _ ' \" \\ <b>": "{name} % _ ' \" \\ <b>",
}


async def test_group_name_is_stored_trimmed_in_nfc(api: Api) -> None:
    site = await make_site()

    made = [await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for name in WELL_WRITTEN]

    assert [payload["violations"] for payload in made] == [[]] * len(WELL_WRITTEN)
    assert [payload["pickupGroup"]["name"] for payload in made] == list(WELL_WRITTEN.values())
    assert [one["nameAfter"] for one in await history(api, site)] == list(WELL_WRITTEN.values())


WRONG = {
    "": ["NAME_REQUIRED"],
    " \t\r\n\u2029\u3000": ["NAME_REQUIRED"],
    " " * 100: ["NAME_REQUIRED"],
    "\u200b" * 100: ["NAME_REQUIRED"],
    "\ud800": ["NAME_REQUIRED"],
    "x" * 81: ["NAME_TOO_LONG"],
    "📞" * 81: ["NAME_TOO_LONG"],
    "e\u0301" * 81: ["NAME_TOO_LONG"],
    "x" * 100_000: ["NAME_TOO_LONG"],
    "a\x00b": ["NAME_INVALID"],
    "a\nb": ["NAME_INVALID"],
    "a\tb": ["NAME_INVALID"],
    "a\u2028b": ["NAME_INVALID"],
    "a\u2029b": ["NAME_INVALID"],
    "a\u202eb": ["NAME_INVALID"],
    "a\u2066b": ["NAME_INVALID"],
    "a\u200bb": ["NAME_INVALID"],
    "a\u200db": ["NAME_INVALID"],
    "a\ufe0fb": ["NAME_INVALID"],
    "a\ufeffb": ["NAME_INVALID"],
    "a\ud800": ["NAME_INVALID"],
    "\udfff\ud800 b": ["NAME_INVALID"],
    "a\x00" + "x" * 80: ["NAME_TOO_LONG", "NAME_INVALID"],
    "a\ud800" + "x" * 100_000: ["NAME_TOO_LONG", "NAME_INVALID"],
}


async def test_create_group_rejects_invalid_name(api: Api) -> None:
    site = await make_site()

    async with nothing_changes(api):
        answers = {name: await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for name in WRONG}

    assert [payload["pickupGroup"] for payload in answers.values()] == [None] * len(WRONG)
    assert {name: payload["violations"] for name, payload in answers.items()} == {
        name: [invalid_name(rule) for rule in rules] for name, rules in WRONG.items()
    }


async def test_violation_is_data_with_status_200(api: Api) -> None:
    site = await make_site()
    query = (
        "mutation($id: ID!, $name: String!) { createPickupGroup(input: {siteId: $id, name: $name}) "
        "{ violations { rule path } } }"
    )
    variables = f'{{"id": "{site.id}", "name": "a\\ud800"}}'

    response = await api.http.post(
        "/graphql",
        content=f'{{"query": "{query}", "variables": {variables}}}',
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 200
    assert response.json() == {"data": {CREATE: {"violations": [{"rule": "NAME_INVALID", "path": ["input", "name"]}]}}}


EQUAL = [
    ("Sales", "Sales"),
    ("Sales", "sALES"),
    ("Sales", "  Sales "),
    ("Sales Team", "sales \u00a0\u2003 team"),
    ("Straße", "STRASSE"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("Étage", "E\u0301TAGE"),
    ("Ångström", "A\u030angstro\u0308m"),
]


async def test_create_group_rejects_equal_name(api: Api) -> None:
    site = await make_site()
    groups = {taken: await make_group(site, taken) for taken in dict.fromkeys(taken for taken, _ in EQUAL)}

    async with nothing_changes(api):
        answers = [await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for _, name in EQUAL]

    assert [payload["pickupGroup"] for payload in answers] == [None] * len(EQUAL)
    assert [payload["violations"] for payload in answers] == [[name_taken(groups[taken])] for taken, _ in EQUAL]


WRONG_AND_TAKEN = {
    "sales\nteam": "NAME_INVALID",
    "sales\u2028team": "NAME_INVALID",
    f"sales{' ' * 80}team": "NAME_TOO_LONG",
    f"sales{' ' * 100_000}team": "NAME_TOO_LONG",
}


async def test_create_group_reports_invalid_and_taken_name_together(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales Team")

    async with nothing_changes(api):
        answers = {name: await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for name in WRONG_AND_TAKEN}

    assert {name: payload["violations"] for name, payload in answers.items()} == {
        name: [invalid_name(rule), name_taken(group)] for name, rule in WRONG_AND_TAKEN.items()
    }


async def test_create_group_rejects_long_name_equal_after_case_folding(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "ß" * 80)

    payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="S" * 160)

    assert payload["violations"] == [invalid_name("NAME_TOO_LONG"), name_taken(group)]


async def test_group_names_differ_by_accents_spaces_and_ligatures(api: Api) -> None:
    site = await make_site()
    names = ["Étage", "Etage", "Éta ge", "Étage 1", "Étages", "Éţage", "Cœur", "Coeur"]

    made = [await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for name in names]

    assert [payload["violations"] for payload in made] == [[]] * len(names)
    assert [payload["pickupGroup"]["name"] for payload in made] == names


async def test_group_names_differ_by_shape_of_apostrophe_and_dash(api: Api) -> None:
    site = await make_site()
    names = [f"O{character}Brien" for character in "'’‘ʼʻ`′"] + [f"Jour{character}nuit" for character in "-‐‑‒–—−"]

    made = [await api.mutate(CREATE, CREATED, siteId=site.id, name=name) for name in names]
    again = await api.mutate(CREATE, CREATED, siteId=site.id, name="o’brien")

    assert [payload["violations"] for payload in made] == [[]] * 14
    assert [payload["pickupGroup"]["name"] for payload in made] == names
    assert [violation["rule"] for violation in again["violations"]] == ["NAME_TAKEN"]


async def test_create_group_accepts_name_of_group_on_other_site(api: Api) -> None:
    site, other = await make_site(), await make_site()
    await make_group(other, "Sales")

    payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="Sales")

    assert payload["violations"] == []
    assert await history(api, other) == []


async def test_create_group_reuses_name_but_not_id_of_deleted_group(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    await api.mutate("deletePickupGroup", "deletedId", id=group.id)

    payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="Sales")

    assert payload["violations"] == []
    assert payload["pickupGroup"]["id"] != group.id


async def test_rename_group_rejects_invalid_name(api: Api) -> None:
    site = await make_site()
    group, taken = await make_group(site, "Sales"), await make_group(site, "Front Desk")
    wrong = {
        " ": [invalid_name("NAME_REQUIRED")],
        "x" * 81: [invalid_name("NAME_TOO_LONG")],
        "a\ud800": [invalid_name("NAME_INVALID")],
        "FRONT  DESK": [name_taken(taken)],
        "front\tdesk": [invalid_name("NAME_INVALID"), name_taken(taken)],
    }

    async with nothing_changes(api):
        answers = {name: await api.mutate(RENAME, RENAMED, id=group.id, name=name) for name in wrong}

    assert {name: payload["violations"] for name, payload in answers.items()} == wrong
    assert {payload["pickupGroup"]["name"] for payload in answers.values()} == {"Sales"}


async def test_rename_group_changes_case_of_own_name(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Front Desk")
    names = ["FRONT DESK", "Front  Desk", "front\u00a0desk"]

    renamed = [await api.mutate(RENAME, RENAMED, id=group.id, name=name) for name in names]

    assert [payload["violations"] for payload in renamed] == [[], [], []]
    assert [payload["pickupGroup"]["name"] for payload in renamed] == names
    assert await history(api, site) == [
        change("PICKUP_GROUP_RENAMED", group.id, nameBefore=before, nameAfter=after)
        for before, after in zip(["Front Desk", *names], names, strict=False)
    ]


async def test_rename_group_to_canonically_equal_name_writes_nothing(api: Api) -> None:
    group = await make_group(await make_site(), "Étage")

    async with nothing_changes(api):
        answers = [
            await api.mutate(RENAME, RENAMED, id=group.id, name=name)
            for name in ("Étage", "\u2003Étage\n", "E\u0301tage")
        ]

    assert [payload["violations"] for payload in answers] == [[], [], []]
    assert {payload["pickupGroup"]["version"] for payload in answers} == {1}
