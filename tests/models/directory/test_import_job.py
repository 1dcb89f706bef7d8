"""Import: every rule of the files, kept and broken, and a second import that changes nothing."""

import csv
import random

import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.csv_input import FileRefused
from models.directory.import_job import ImportJob, import_directory
from models.directory.sample import load_sample
from models.integrity.check import find_problems
from tests.support.directory import GROUPS, SITES, Directory, user
from tests.support.sample import SAMPLE, rows_of

NOISE = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=12_000))
"""Too long and too random for any index row of PostgreSQL."""


async def test_import_adds_everything_once(directory: Directory) -> None:
    files = (
        "A,Été,+15145550100\nB,Bee,\n",
        user("u1") + user("u2", exempt="oui") + user("u3", "B"),
        "A,Sales,u1|u2\nA,,\n",
    )

    first = await directory.load(*files)
    kinds = await directory.kinds()
    second = await directory.load(*files)

    assert (first.tally.added, first.tally.groups_created, first.tally.exemptions_cleared, first.refused) == (
        3,
        2,
        1,
        0,
    )
    assert await directory.members() == {"u1": "Sales", "u2": "Sales"}
    names = await directory.ask("SELECT name FROM pickup_groups")
    assert sorted(names) == [("+15145550100",), ("Sales",)]
    assert kinds == [
        ("A", "PICKUP_GROUP_CREATED"),
        ("A", "PICKUP_GROUP_CREATED"),
        ("A", "DIRECTORY_CHANGED"),
        ("B", "DIRECTORY_CHANGED"),
    ]
    assert (second.tally.added, second.tally.changed, second.unchanged) == (0, 0, 3)
    assert await directory.kinds() == kinds


async def test_import_refuses_invalid_rows_and_loads_the_rest(directory: Directory) -> None:
    await directory.load(
        "A,Ay,\n*,Star,\nA,Again,\nB,,\nC,Cee,12\nD|E,Dee,\n",
        user("u1")
        + user("u1")
        + user("u2", "Z")
        + user("u3", station="PHONE")
        + user("u4", exempt="maybe")
        + user("u5", extension="12a")
        + user("u6", phone="5145550100")
        + "short,row\n"
        + user("fax", station="FAX"),
        "A,Sales,u1\nA,SALES,\nA,Other,u1\nA,Fax,fax\nA,Who,nobody\nA,\u200b,\nA,,\nZ,Far,\n",
    )

    assert directory.refused == [
        ("sites.csv", 3, "site_id may not be * or have | in it"),
        ("sites.csv", 4, "an earlier row has the same site_id"),
        ("sites.csv", 5, "name is missing"),
        (
            "sites.csv",
            6,
            "main_number is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION",
        ),
        ("sites.csv", 7, "site_id may not be * or have | in it"),
        ("users.csv", 3, "an earlier row has the same user_id"),
        ("users.csv", 4, "there is no such site"),
        (
            "users.csv",
            5,
            "station_type must be one of AUTO_ATTENDANT, BASIC, CONFERENCE_ROOM, FAX, HOSTED_PRI, HOSTED_SQUARE_KEY, "
            "PREMIUM, STANDARD, VOICEMAIL_ONLY",
        ),
        ("users.csv", 6, "barge_in_exempt must be one of true, 1, yes, y, oui, o, vrai, false, 0, no, n, non, faux"),
        ("users.csv", 7, "extension must be 1 to 15 digits"),
        (
            "users.csv",
            8,
            "phone_number is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION",
        ),
        ("users.csv", 9, "the row has 2 cells, but the header has 9"),
        ("groups.csv", 3, "an earlier row has the same site and name"),
        ("groups.csv", 4, "u1 is in the group of an earlier row"),
        ("groups.csv", 5, "fax has a station of type FAX, which may not be in a group"),
        ("groups.csv", 6, "there is no user nobody"),
        ("groups.csv", 7, "the name has nothing in it that can be seen"),
        ("groups.csv", 8, "the row has no name, and the site no main number to name the group after"),
        ("groups.csv", 9, "there is no such site"),
    ]
    assert await directory.members() == {"u1": "Sales"}
    rejected = (directory.folder / "groups.csv.rejected.csv").read_text(encoding="utf-8").splitlines()
    assert rejected[:2] == [f"{GROUPS.strip()},reason", "A,SALES,,an earlier row has the same site and name"]


async def test_rejected_rows_with_wrong_number_of_cells_are_refused_again(directory: Directory) -> None:
    stored = user("u1", email="ann@example.com") + user("u2", email="bob@example.com")
    await directory.load("A,Ay,\n", stored)
    before = await directory.ask("SELECT * FROM users ORDER BY id")
    await directory.load(users="u1,A,Ann,U1,,,,BASIC\nu2,A,Ann,U2,,,,BASIC,no,more\n")
    job = ImportJob("import:test", users=directory.folder / "users.csv.rejected.csv")

    report = await import_directory(directory.database, job)

    assert (report.refused, report.tally.changed) == (2, 0)
    assert await directory.ask("SELECT * FROM users ORDER BY id") == before


async def test_rejected_rows_with_the_key_of_an_earlier_one_are_refused_again(directory: Directory) -> None:
    users = user("u1") + user("u2")
    await directory.load("A,Ay,\nA,Other,\n", users + user("u1", first="Zoe"), "A,Sales,u1\nA,SALES,u2\n")
    before = [await directory.ask(f"SELECT * FROM {table} ORDER BY id") for table in ("sites", "users", "changes")]
    again = {name: directory.folder / f"{name}.csv.rejected.csv" for name in ("sites", "users", "groups")}

    for _ in range(2):
        job = ImportJob("import:test", again["sites"], again["users"], again["groups"])
        report = await import_directory(directory.database, job)

        assert report.refused == 3
        assert before == [
            await directory.ask(f"SELECT * FROM {table} ORDER BY id") for table in ("sites", "users", "changes")
        ]
        again = {name: path.with_name(f"{path.name}.rejected.csv") for name, path in again.items()}


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_rejected_row_with_the_key_of_an_earlier_one_counts_when_its_reason_is_emptied(
    directory: Directory, times: int
) -> None:
    await directory.load("A,Ay,\nA,Other,\n")
    rejected = directory.folder / "sites.csv.rejected.csv"
    for _ in range(times - 1):
        await import_directory(directory.database, ImportJob("import:test", sites=rejected))
        rejected = rejected.with_name(f"{rejected.name}.rejected.csv")
    with rejected.open(encoding="utf-8", newline="") as file:
        header, row = csv.reader(file)
    assert header == [*SITES.strip().split(","), "reason"]
    assert "an earlier row has the same site_id" in row[3]
    rejected.write_text(f"{','.join(header)}\n{','.join(row[:3])},\n", encoding="utf-8")

    report = await import_directory(directory.database, ImportJob("import:test", sites=rejected))

    assert report.refused == 0
    assert await directory.ask("SELECT name FROM sites") == [("Other",)]


async def test_rejected_file_is_removed_when_nothing_is_refused(directory: Directory) -> None:
    await directory.load("*,Star,\n")
    assert (directory.folder / "sites.csv.rejected.csv").exists()

    await directory.load("A,Ay,\n")

    assert not (directory.folder / "sites.csv.rejected.csv").exists()


async def test_dry_run_writes_nothing(directory: Directory) -> None:
    report = await directory.load("A,Ay,\n*,Star,\n", user("u1"), dry_run=True)

    assert (report.tally.added, report.refused) == (1, 1)
    assert await directory.ask("SELECT count(*) FROM sites") == [(0,)]
    assert not (directory.folder / "sites.csv.rejected.csv").exists()


async def test_phone_numbers_are_normalised_by_region(directory: Directory) -> None:
    await directory.load("A,Ay,(514) 555-0100\n", user("u1", phone="+44 20 7946 0000"), region="CA")

    assert await directory.ask("SELECT main_number FROM sites") == [("+15145550100",)]
    assert await directory.ask("SELECT phone_number FROM users") == [("+442079460000",)]


async def test_file_with_semicolons_bom_and_unknown_columns_is_read(directory: Directory) -> None:
    path = directory.folder / "s.csv"
    path.write_bytes("\ufeffname;extra;main_number;SITE_ID\r\nÉté;x;;A\r\n\r\n".encode())

    report = await import_directory(directory.database, ImportJob("import:test", sites=path))

    assert report.refused == 0
    assert await directory.ask("SELECT external_id, name FROM sites") == [("A", "Été")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"site_id,name\n", "the column main_number is missing"), (b"site_id,name,main_number\n\xff", "not UTF-8")],
)
async def test_unreadable_file_is_refused_whole(directory: Directory, content: bytes, reason: str) -> None:
    path = directory.folder / "s.csv"
    path.write_bytes(content)

    with pytest.raises(FileRefused, match=reason):
        await import_directory(directory.database, ImportJob("import:test", sites=path))

    assert await directory.ask("SELECT count(*) FROM sites") == [(0,)]


async def test_sample_loads_once_without_problems(url: str) -> None:
    address = parse_database_url(url)

    await load_sample(address, SAMPLE)
    await load_sample(address, SAMPLE)

    async with opened_database(address) as database:
        assert await find_problems(database) == []
        async with database.reading() as session:
            (counts,) = await session.fetch(
                "SELECT (SELECT count(*) FROM sites) AS sites, (SELECT count(*) FROM users) AS users, "
                "(SELECT count(*) FROM pickup_groups) AS groups",
                [],
            )
        assert counts == {name: rows_of(name) for name in ("sites", "users", "groups")}


async def test_values_that_no_database_stores_are_refused(directory: Directory) -> None:
    report = await directory.load(
        "A,Ay,\n",
        user("u1") + user("u\x006") + user(f"u{NOISE}") + user(NOISE, station="?"),
        f"A,Sales,u1\nA,a\x00b,\nA,Far,u\x001\nA,Long,{NOISE}\n",
    )

    assert directory.refused == [
        ("users.csv", 3, "user_id holds a control character"),
        ("users.csv", 4, "user_id has 12001 characters, but may have at most 200"),
        ("users.csv", 5, "user_id has 12000 characters, but may have at most 200"),
        ("groups.csv", 3, "name holds a control character"),
        ("groups.csv", 4, "a key in member_ids holds a control character"),
        ("groups.csv", 5, "a key in member_ids has 12000 characters, but may have at most 200"),
    ]
    assert report.tally.added == 1
    assert await directory.members() == {"u1": "Sales"}


async def test_import_succeeds_if_rejected_file_cannot_be_written(directory: Directory) -> None:
    rejected = directory.folder / "sites.csv.rejected.csv"
    rejected.mkdir()

    report = await directory.load("A,Ay,\n*,Star,\n", user("u1"))

    assert [one.unwritten for one in report.refusals] == [f"{rejected}: Is a directory", None]
    assert (report.tally.added, directory.refused) == (1, [("sites.csv", 3, "site_id may not be * or have | in it")])


async def test_moves_between_sites_share_a_partition(directory: Directory) -> None:
    before = user("a") + user("b", "B") + user("c", "C")
    await directory.load("A,Ay,\nB,Bee,\nC,Cee,\n", before, "A,Ones,a\nB,Twos,b\nC,Threes,c\n")

    report = await directory.load(
        users=user("a", "B") + user("b", "C") + user("c", "A"), groups="A,Ones,c\nB,Twos,a\nC,Threes,b\n"
    )

    assert (report.refused, report.tally.changed, report.tally.memberships_ended) == (0, 3, 3)
    assert await directory.members() == {"a": "Twos", "b": "Threes", "c": "Ones"}
    assert directory.notes == [
        "a left the group Ones: moves to another site",
        "b left the group Twos: moves to another site",
        "c left the group Threes: moves to another site",
    ]
    for site in "ABC":
        assert [kind for key, kind in await directory.kinds() if key == site] == [
            "PICKUP_GROUP_CREATED",
            "DIRECTORY_CHANGED",
            "PICKUP_GROUP_MEMBERS_CHANGED",
            "DIRECTORY_CHANGED",
        ]


async def test_import_without_users_or_sites_changes_neither(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1", exempt="1"), "A,One,\n")
    kinds = await directory.kinds()

    await directory.load("A,Ay,\n", groups="A,One,\n")
    assert await directory.kinds() == kinds
    renamed = await directory.load("A,Bee,+15145550100\n")

    assert (renamed.tally.sites_changed, renamed.tally.added) == (1, 0)
    assert await directory.kinds() == [*kinds, ("A", "DIRECTORY_CHANGED")]
    assert await directory.ask("SELECT name, main_number, sort_key, search_key, revision FROM sites") == [
        ("Bee", "+15145550100", "bee", "bee\n+15145550100", 3)
    ]


async def test_dry_run_reports_what_import_then_does(directory: Directory) -> None:
    rest = "".join(user(f"x{number}") for number in range(9))
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2") + rest, "A,One,u1|u2\n")
    before = await directory.ask("SELECT * FROM users ORDER BY id")
    files = ("C,Cee,\n", user("u1", "B") + user("new", "C", exempt="1") + rest, "C,New,new\nA,Two,x1\nA,Bad,no\n")

    rehearsed = await directory.load(*files, prune=True, dry_run=True)
    unchanged = await directory.ask("SELECT * FROM users ORDER BY id")
    done = await directory.load(*files, prune=True)

    assert unchanged == before
    assert rehearsed.tally == done.tally
    assert (rehearsed.refused, rehearsed.unchanged) == (done.refused, done.unchanged) == (1, 9)
    assert (done.tally.removed, done.tally.memberships_ended, done.tally.exemptions_cleared) == (1, 2, 1)


async def test_small_sites_share_partitions(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.directory.import_plan.PARTITION_SIZE", 4)
    monkeypatch.setattr("models.directory.staging_area.BATCH", 3)
    monkeypatch.setattr("models.directory.group_rows._CHUNK", 3)
    sites = "".join(f"S{number},Site,\n" for number in range(9))
    users = "".join(user(f"u{number}", f"S{number % 9}") for number in range(20)) + "bad\n" * 7
    groups = "".join(f"S{number},One,u{number}\n" for number in range(9))

    report = await directory.load(sites, users, groups)

    assert (report.tally.added, report.tally.groups_created, report.refused) == (20, 9, 7)
    assert len(await directory.members()) == 9
    assert len((directory.folder / "users.csv.rejected.csv").read_text().splitlines()) == 8
