"""Import: every rule of the files holding and broken, and a second import that changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from models.address import parse_address
from models.checking import find_faults
from models.database import Database
from models.directory.exporting import export_directory
from models.directory.files import FileRefused
from models.directory.importing import Order, Report, Watcher, import_directory
from models.directory.sample import load_sample
from models.directory.staging import one_connection
from models.migrating import open_database

SITES = "site_id,name,main_number\n"
USERS = "user_id,site_id,first_name,last_name,extension,phone_number,email,station_type,barge_in_exempt\n"
GROUPS = "site_id,name,member_ids\n"


@pytest.fixture
async def directory(url: str, tmp_path: Path) -> Any:
    """Imports texts as files; `ask` reads the database."""
    database = await open_database(one_connection(parse_address(url)))
    yield Directory(database, tmp_path)
    await database.close()


class Directory:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.notes: list[str] = []

    async def load(self, sites: str = "", users: str = "", groups: str = "", **options: Any) -> Report:
        texts = {"sites": SITES + sites, "users": USERS + users, "groups": GROUPS + groups}
        given = {"sites": sites, "users": users, "groups": groups}
        paths: dict[str, Any] = {}
        for name, text in texts.items():
            if given[name]:
                paths[name] = self.folder / f"{name}.csv"
                paths[name].write_text(text, encoding="utf-8")
        order = Order("import:test", **paths, **options)
        return await import_directory(self.database, order, Watcher(tell=self.notes.append), shown=None)

    async def ask(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.reading() as session:
            return [tuple(record.values()) for record in await session.fetch(sql, [])]

    async def members(self) -> dict[str, str]:
        """The name of the group of each user who is in one; nothing that is stored may be at fault."""
        assert await find_faults(self.database) == []
        sql = "SELECT u.external_id, g.name FROM users AS u JOIN pickup_groups AS g ON g.id = u.pickup_group_id"
        return dict(await self.ask(f"{sql} ORDER BY u.external_id"))

    async def kinds(self) -> list[tuple[Any, ...]]:
        return await self.ask(
            "SELECT s.external_id, c.kind FROM changes AS c JOIN sites AS s ON s.id = c.site_id "
            "ORDER BY s.external_id, c.revision"
        )


def user(key: str, site: str = "A", station: str = "BASIC", exempt: str = "", **other: str) -> str:
    """A row of users.csv."""
    extension, phone = other.get("extension", ""), other.get("phone", "")
    return f"{key},{site},{other.get('first', 'Ann')},{key.upper()},{extension},{phone},,{station},{exempt}\n"


def reasons(report: Report) -> list[tuple[str, int, str]]:
    return [(one.file.path.name, line, why) for one in report.refusals for line, why in one.first]


async def test_first_import_adds_everything_and_the_second_changes_nothing(directory: Directory) -> None:
    files = (
        "A,Été,+15145550100\nB,Bee,\n",
        user("u1") + user("u2", exempt="oui") + user("u3", "B"),
        "A,Sales,u1|u2\nA,,\n",
    )

    first = await directory.load(*files)
    kinds = await directory.kinds()
    second = await directory.load(*files)

    assert (first.tally.added, first.tally.groups_created, first.tally.cleared, first.refused) == (3, 2, 1, 0)
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


async def test_members_who_move_become_ineligible_or_are_removed_leave_their_groups(directory: Directory) -> None:
    rest = "".join(user(f"x{number}") for number in range(9))
    before = user("move") + user("fax") + user("gone") + user("stay", exempt="1") + rest
    await directory.load("A,Ay,\nB,Bee,\n", before, "A,Sales,move|fax|gone|stay\n")

    report = await directory.load(
        users=user("move", "B") + user("fax", station="fax") + user("stay", exempt="1") + rest, prune=True
    )

    assert (report.tally.lost_group, report.tally.changed, report.tally.removed) == (3, 2, 1)
    assert len(directory.notes) == 3
    assert await directory.members() == {"stay": "Sales"}
    assert await directory.kinds() == [
        ("A", "PICKUP_GROUP_CREATED"),
        ("A", "DIRECTORY_CHANGED"),
        ("A", "PICKUP_GROUP_MEMBERS_CHANGED"),
        ("A", "DIRECTORY_CHANGED"),
        ("B", "DIRECTORY_CHANGED"),
        ("B", "DIRECTORY_CHANGED"),
    ]
    assert await directory.ask("SELECT count(*) FROM users WHERE barge_in_exempt AND pickup_group_id IS NOT NULL") == [
        (0,)
    ]


async def test_members_can_change_places(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1\nA,Two,u2\n")

    report = await directory.load(groups="A,one,u2\nA,TWO,u1\n")

    assert (report.refused, report.tally.groups_changed) == (0, 2)
    assert await directory.members() == {"u1": "Two", "u2": "One"}


async def test_bad_rows_are_refused_and_the_good_ones_load(directory: Directory) -> None:
    report = await directory.load(
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

    assert reasons(report) == [
        ("sites.csv", 3, "site_id may not be * or have | in it"),
        ("sites.csv", 4, "an earlier row has the same site_id"),
        ("sites.csv", 5, "the name is missing"),
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
        ("users.csv", 6, "barge_in_exempt must be true, false, 1, 0, yes, no, oui or non"),
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
    assert rejected[:2] == ["site_id,name,member_ids,reason", "A,SALES,,an earlier row has the same site and name"]


async def test_the_file_of_refused_rows_goes_when_nothing_is_refused(directory: Directory) -> None:
    await directory.load("*,Star,\n")
    assert (directory.folder / "sites.csv.rejected.csv").exists()

    await directory.load("A,Ay,\n")

    assert not (directory.folder / "sites.csv.rejected.csv").exists()


async def test_a_dry_run_writes_nothing(directory: Directory) -> None:
    report = await directory.load("A,Ay,\n*,Star,\n", user("u1"), dry_run=True)

    assert (report.tally.added, report.refused) == (1, 1)
    assert await directory.ask("SELECT count(*) FROM sites") == [(0,)]
    assert not (directory.folder / "sites.csv.rejected.csv").exists()


async def test_more_than_a_fifth_is_removed_by_force_alone(directory: Directory) -> None:
    everybody = [user(f"u{number}") for number in range(5)]
    await directory.load("A,Ay,\n", "".join(everybody))

    stopped = await directory.load(users="".join(everybody[:3]) + user("new"), prune=True)
    after = await directory.ask("SELECT count(*) FROM users")
    forced = await directory.load(users="".join(everybody[:3]) + user("new"), prune=True, force=True)

    assert (stopped.too_many, stopped.tally.removed, stopped.tally.added) == (["A"], 0, 1)
    assert after == [(6,)]
    assert (forced.too_many, forced.tally.removed) == ([], 2)


async def test_a_user_whose_row_is_refused_is_not_pruned(directory: Directory) -> None:
    rows = [user(f"u{number}") for number in range(10)]
    await directory.load("A,Ay,\n", "".join(rows))

    report = await directory.load(users="".join(rows[:9]) + user("u9", station="?"), prune=True)

    assert (report.tally.removed, report.refused) == (0, 1)


async def test_numbers_are_normalised_by_the_region(directory: Directory) -> None:
    await directory.load("A,Ay,(514) 555-0100\n", user("u1", phone="+44 20 7946 0000"), region="CA")

    assert await directory.ask("SELECT main_number FROM sites") == [("+15145550100",)]
    assert await directory.ask("SELECT phone_number FROM users") == [("+442079460000",)]


async def test_a_semicolon_file_with_a_mark_and_unknown_columns_is_read(directory: Directory) -> None:
    path = directory.folder / "s.csv"
    path.write_bytes("\ufeffname;extra;main_number;SITE_ID\r\nÉté;x;;A\r\n\r\n".encode())

    report = await import_directory(directory.database, Order("import:test", sites=path))

    assert report.refused == 0
    assert await directory.ask("SELECT external_id, name FROM sites") == [("A", "Été")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"site_id,name\n", "the column main_number is missing"), (b"site_id,name,main_number\n\xff", "not UTF-8")],
)
async def test_a_file_that_is_no_such_file_is_refused_whole(directory: Directory, content: bytes, reason: str) -> None:
    path = directory.folder / "s.csv"
    path.write_bytes(content)

    with pytest.raises(FileRefused, match=reason):
        await import_directory(directory.database, Order("import:test", sites=path))

    assert await directory.ask("SELECT count(*) FROM sites") == [(0,)]


async def test_an_export_imported_again_changes_nothing(directory: Directory) -> None:
    await directory.load("A,Ay,\nB,Bee,+15145550100\n", user("u1") + user("u2", "B"), "A,Sales,u1\nB,,u2\n")
    kinds = await directory.kinds()
    out = directory.folder / "out"

    await export_directory(directory.database, out)
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    report = await import_directory(
        directory.database,
        Order("import:test", out / "sites.csv", out / "users.csv", out / "groups.csv", prune=True),
    )
    await export_directory(directory.database, out)

    assert report.unchanged == 2
    assert await directory.kinds() == kinds
    assert {path.name: path.read_bytes() for path in out.iterdir()} == written


async def test_the_sample_loads_without_a_fault_and_once(url: str) -> None:
    address, folder = parse_address(url), Path(__file__).parents[3] / "graph" / "sample"

    await load_sample(address, folder)
    await load_sample(address, folder)

    database = await open_database(address)
    try:
        assert await find_faults(database) == []
        async with database.reading() as session:
            (counts,) = await session.fetch(
                "SELECT (SELECT count(*) FROM sites) AS s, (SELECT count(*) FROM users) AS u, "
                "(SELECT count(*) FROM pickup_groups) AS g",
                [],
            )
        assert counts == {"s": 13, "u": 1928, "g": 143}
    finally:
        await database.close()
