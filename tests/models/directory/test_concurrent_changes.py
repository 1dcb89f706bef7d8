"""Imports while other writers change the same sites between the plan and the locks."""

from collections.abc import Callable

import pytest

from models.directory.import_job import ImportJob, ImportListener, import_directory
from models.errors import Unavailable
from models.integrity.check import find_problems
from tests.support.directory import GROUPS, SITES, USERS, Directory, commit, read, user

RECORD_CHANGE = (
    "UPDATE sites SET revision = revision + 1 WHERE external_id = '{0}'",
    "INSERT INTO changes (site_id, revision, kind, actor, occurred_at) SELECT id, revision, 'DIRECTORY_CHANGED', "
    "'import:other', '2026-01-01T00:00:00.000000Z' FROM sites WHERE external_id = '{0}'",
)
"""What another import records on a site that it has changed."""

NEW_USER = (
    "INSERT INTO users (external_id, site_id, first_name, last_name, station_type, barge_in_exempt, sort_key, "
    "search_key) SELECT 'new', id, 'A', 'B', 'FAX', FALSE, 'b', 'a' FROM sites WHERE external_id = 'B'"
)
NEW_SITE = "INSERT INTO sites (external_id, name, sort_key, search_key) VALUES ('N', 'x', 'x', 'x')"


async def load_during(directory: Directory, change: Callable[[], None], **texts: str) -> None:
    """Import, with the change after each plan, before its first partition."""
    paths = {}
    for name, header in (("sites", SITES), ("users", USERS), ("groups", GROUPS)):
        paths[name] = directory.folder / f"{name}.csv"
        paths[name].write_text(header + texts.get(name, ""), encoding="utf-8")

    def watch(what: str, done: int, _whole: int) -> None:
        if what == "applying" and done == 0:
            change()

    await import_directory(
        directory.database,
        ImportJob("import:test", paths["sites"], paths["users"], paths["groups"]),
        ImportListener(watch),
    )


def once(change: Callable[[], None]) -> Callable[[], None]:
    changes = iter([change])

    def change_once() -> None:
        for one in changes:
            one()

    return change_once


@pytest.mark.parametrize(
    "statements",
    [
        ("UPDATE users SET last_name = 'Other' WHERE external_id = 'u1'", *(one.format("A") for one in RECORD_CHANGE)),
        ("UPDATE users SET site_id = (SELECT id FROM sites WHERE external_id = 'B') WHERE external_id = 'u2'",
         *(one.format(site) for site in "AB" for one in RECORD_CHANGE)),
        (NEW_USER, *(one.format("B") for one in RECORD_CHANGE)),
        (NEW_SITE, *(one.format("N") for one in RECORD_CHANGE)),
    ],
    ids=["a user changed", "a user moved", "a user added", "a site added"],
)  # fmt: skip
async def test_import_sees_changes_of_another_import(
    directory: Directory, url: str, statements: tuple[str, ...]
) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2"), "A,One,u1|u2\n")
    if "SET site_id" in statements[0]:
        statements = ("UPDATE users SET pickup_group_id = NULL WHERE external_id = 'u2'", *statements)

    await load_during(
        directory,
        once(lambda: commit(url, *statements)),
        sites="A,Ay,\nB,Bee,\nN,New,\n",
        users=user("u1", first="Changed") + user("u2") + user("new"),
        groups="A,One,u1|u2|new\n",
    )

    found = await directory.ask(
        "SELECT u.external_id, s.external_id AS site, u.first_name, u.last_name, g.name FROM users AS u "
        "LEFT JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
        "JOIN sites AS s ON s.id = u.site_id ORDER BY 1"
    )
    assert found == [
        ("new", "A", "Ann", "NEW", "One"),
        ("u1", "A", "Changed", "U1", "One"),
        ("u2", "A", "Ann", "U2", "One"),
    ]
    gaps = await directory.ask(
        "SELECT s.external_id FROM sites AS s LEFT JOIN changes AS c ON c.site_id = s.id GROUP BY s.id, s.external_id, "
        "s.revision HAVING count(c.id) <> s.revision"
    )
    assert gaps == []


async def test_import_gives_up_if_site_is_changed_after_every_plan(
    directory: Directory, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.directory.import_job.MAX_PLANS", 3)
    await directory.load("A,Ay,\n", user("u1"))
    plans = []

    def change() -> None:
        plans.append(1)
        commit(url, *(one.format("A") for one in RECORD_CHANGE))

    with pytest.raises(Unavailable):
        await load_during(directory, change, sites="A,Ay,\n", users=user("u1", first="Changed"))

    assert len(plans) == 3
    assert await directory.ask("SELECT first_name FROM users") == [("Ann",)]


async def test_import_plans_only_changed_sites_again(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2", "B"), "A,One,u1\nB,Two,u2\n")
    plans: list[int] = []

    def change() -> None:
        if len(plans) < 12:
            plans.append(1)
            commit(url, *(one.format("A") for one in RECORD_CHANGE))
        if len(plans) == 1:
            # B waits for its partition still; from the next plan on it is as the file says.
            return
        assert read(url, "SELECT first_name FROM users WHERE external_id = 'u2'") == "Changed"

    await load_during(
        directory,
        change,
        sites="A,New,\nB,Bee,\n",
        users=user("u1", first="Changed", station="FAX") + user("u2", "B", first="Changed"),
        groups="B,Two,u2\n",
    )

    assert len(plans) == 12
    assert await directory.ask("SELECT name FROM sites ORDER BY 1") == [("Bee",), ("New",)]
    assert await directory.ask("SELECT first_name FROM users") == [("Changed",)] * 2
    first, last = ("PICKUP_GROUP_CREATED", "DIRECTORY_CHANGED"), ("PICKUP_GROUP_MEMBERS_CHANGED", "DIRECTORY_CHANGED")
    assert await directory.kinds() == [
        *[("A", kind) for kind in (*first, *["DIRECTORY_CHANGED"] * len(plans), *last)],
        *[("B", kind) for kind in (*first, "DIRECTORY_CHANGED")],
    ]


async def test_import_plans_sites_again_that_users_move_between(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\nB,Bee,\nC,Cee,\nD,Dee,\n", user("u1") + user("u2", "B") + user("u3", "D"))
    plans = []

    def change() -> None:
        plans.append(1)
        if len(plans) == 1:
            commit(url, *(one.format("C") for one in RECORD_CHANGE))
        else:
            # Those linked with C have waited, the other has not.
            moved = "SELECT count(*) FROM users JOIN sites ON sites.id = site_id WHERE sites.external_id = 'C'"
            assert read(url, moved) == 0
            assert read(url, "SELECT first_name FROM users WHERE external_id = 'u3'") == "Changed"

    await load_during(directory, change, users=user("u1", "B") + user("u2", "C") + user("u3", "D", first="Changed"))

    assert len(plans) == 2
    assert await directory.ask(
        "SELECT u.external_id, s.external_id AS site FROM users AS u JOIN sites AS s ON s.id = site_id ORDER BY 1"
    ) == [
        ("u1", "B"),
        ("u2", "C"),
        ("u3", "D"),
    ]
    assert await find_problems(directory.database) == []


async def test_import_sees_changes_of_an_administrator(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2") + user("u3", exempt="1"), "A,One,u1\nA,Two,u3\n")
    # An administrator takes u3 out of Two, and deletes One with u1 in it.
    statements = (
        "UPDATE sites SET revision = revision + 2",
        "UPDATE users SET pickup_group_id = NULL",
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, removed_keys) SELECT "
        "s.id, s.revision - 1, 'PICKUP_GROUP_MEMBERS_CHANGED', 'me', '2026-01-01T00:00:00.000000Z', g.id, "
        "(SELECT '[' || u.id || ']' FROM users AS u WHERE u.external_id = 'u3') FROM sites AS s "
        "JOIN pickup_groups AS g ON g.name = 'Two'",
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, name_before, removed_keys) "
        "SELECT s.id, s.revision, 'PICKUP_GROUP_DELETED', 'me', '2026-01-01T00:00:00.000000Z', g.id, 'One', "
        "(SELECT '[' || u.id || ']' FROM users AS u WHERE u.external_id = 'u1') FROM sites AS s "
        "JOIN pickup_groups AS g ON g.name = 'One'",
        "DELETE FROM pickup_groups WHERE name = 'One'",
        "UPDATE pickup_groups SET version = version + 1",
    )

    await load_during(
        directory,
        once(lambda: commit(url, *statements)),
        sites="A,Ay,\n",
        users=user("u1") + user("u2", first="Changed") + user("u3", exempt="1"),
        groups="A,One,u1|u2\n",
    )

    assert await directory.members() == {"u1": "One", "u2": "One"}
    assert await directory.exempt() == ["u3"]
    assert await find_problems(directory.database) == []


async def test_import_plans_again_if_member_was_put_into_unnamed_group(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1\nA,Quiet,\n")
    statements = (
        "UPDATE sites SET revision = revision + 1",
        "UPDATE users SET pickup_group_id = (SELECT id FROM pickup_groups WHERE name = 'Quiet') "
        "WHERE external_id = 'u2'",
        "UPDATE pickup_groups SET version = version + 1 WHERE name = 'Quiet'",
        "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, added_keys) SELECT "
        "s.id, s.revision, 'PICKUP_GROUP_MEMBERS_CHANGED', 'me', '2026-01-01T00:00:00.000000Z', g.id, "
        "(SELECT '[' || u.id || ']' FROM users AS u WHERE u.external_id = 'u2') FROM sites AS s "
        "JOIN pickup_groups AS g ON g.name = 'Quiet'",
    )

    await load_during(
        directory,
        once(lambda: commit(url, *statements)),
        sites="A,Ay,\n",
        users=user("u1") + user("u2"),
        groups="A,One,u1|u2\n",
    )

    assert await directory.members() == {"u1": "One", "u2": "Quiet"}
    assert (directory.folder / "groups.csv.rejected.csv").read_text(encoding="utf-8") == (
        f'{GROUPS.strip()},reason\nA,One,u1|u2,"u2 is in the group Quiet, which no accepted row names"\n'
    )


async def test_import_plans_again_if_site_was_removed(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1"))

    await load_during(
        directory,
        once(lambda: commit(url, "DELETE FROM changes WHERE site_id = 2", "DELETE FROM sites WHERE external_id = 'B'")),
        sites="A,Ay,\nB,New,\n",
        users=user("u1") + user("u2", "B"),
    )

    assert await directory.ask("SELECT external_id, name, revision FROM sites ORDER BY 1") == [
        ("A", "Ay", 1),
        ("B", "New", 1),
    ]
    assert await directory.ask("SELECT external_id FROM users ORDER BY 1") == [("u1",), ("u2",)]


async def test_import_refuses_rows_of_site_that_was_removed(directory: Directory, url: str) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1"))

    await load_during(
        directory,
        once(lambda: commit(url, "DELETE FROM changes WHERE site_id = 2", "DELETE FROM sites WHERE external_id = 'B'")),
        sites="A,New,\n",
        users=user("u1") + user("u2", "B"),
    )

    assert await directory.ask("SELECT external_id, name FROM sites") == [("A", "New")]
    assert await directory.ask("SELECT external_id FROM users") == [("u1",)]
    rejected = (directory.folder / "users.csv.rejected.csv").read_text(encoding="utf-8")
    assert rejected.endswith("there is no such site\n")


async def test_dry_run_counts_once_if_it_plans_again(
    directory: Directory, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.directory.import_plan.PARTITION_SIZE", 1)
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2", "B"), "A,One,u1\n")
    directory.notes.clear()
    change = once(lambda: commit(url, *(one.format("B") for one in RECORD_CHANGE)))

    def watch(step: str, done: int, _total: int) -> None:
        if step == "applying" and done == 1:
            change()

    path = directory.folder / "users.csv"
    path.write_text(USERS + user("u1", station="FAX") + user("u2", "B", first="Zoé"), encoding="utf-8")
    job = ImportJob("import:test", users=path, dry_run=True)

    report = await import_directory(directory.database, job, ImportListener(watch, directory.notes.append))

    assert report.tally.changed == 2
    assert directory.notes == ["u1 left the group One: has a station that may not be in a group"]


@pytest.mark.parametrize("step", ["reading sites.csv", "comparing", "applying"])
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_import_reports_lost_connection(directory: Directory, url: str, step: str) -> None:
    await directory.load("A,Ay,\n", user("u1"))

    def watch(now: str, _done: int, _total: int) -> None:
        if now == step:
            commit(
                url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'pickup'",
            )

    path = directory.folder / "sites.csv"
    path.write_text(f"{SITES}A,Bee,\n", encoding="utf-8")
    with pytest.raises(Unavailable) as lost:
        await import_directory(directory.database, ImportJob("import:test", path), ImportListener(watch))

    assert str(lost.value) in {
        "The connection to the database was lost. Run the import again.",
        "The database cannot be reached. Try again in a moment.",
    }
    assert await directory.ask("SELECT name FROM sites") == [("Ay",)]
