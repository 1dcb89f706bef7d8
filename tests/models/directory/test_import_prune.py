"""`--prune`: the users that users.csv no longer lists are removed, never one whose row was refused."""

import pytest

from models.directory.import_job import ImportJob, import_directory
from tests.support.directory import USERS, Directory, user


async def test_prune_removes_more_than_a_fifth_with_force_only(directory: Directory) -> None:
    every = [user(f"u{number}") for number in range(5)]
    await directory.load("A,Ay,\n", "".join(every))

    stopped = await directory.load(users="".join(every[:3]) + user("new"), prune=True)
    after = await directory.ask("SELECT count(*) FROM users")
    forced = await directory.load(users="".join(every[:3]) + user("new"), prune=True, force=True)

    assert (stopped.too_many, stopped.tally.removed, stopped.tally.added) == (["A"], 0, 1)
    assert after == [(6,)]
    assert (forced.too_many, forced.tally.removed) == ([], 2)


async def test_prune_keeps_user_with_refused_row(directory: Directory) -> None:
    rows = [user(f"u{number}") for number in range(10)]
    await directory.load("A,Ay,\n", "".join(rows))

    report = await directory.load(users="".join(rows[:9]) + user("u9", station="?"), prune=True)

    assert (report.tally.removed, report.refused) == (0, 1)


async def test_prune_of_more_than_a_fifth_removes_none_on_second_run(directory: Directory) -> None:
    await directory.load("A,Ay,\n", "".join(user(f"u{number}") for number in range(5)))
    files = {"users": user("u0") + user("u1") + user("u2") + user("bad", station="?")}

    first = await directory.load(**files, prune=True)
    again = await directory.load(**files, prune=True)

    assert first.too_many == again.too_many == ["A"]
    assert await directory.ask("SELECT count(*) FROM users") == [(5,)]


async def test_prune_limit_ignores_new_users(directory: Directory) -> None:
    await directory.load("A,Ay,\n", "".join(user(f"old{number}") for number in range(12)))

    report = await directory.load(users="".join(user(f"new{number}") for number in range(48)), prune=True)

    assert (report.too_many, report.tally.removed, report.tally.added) == (["A"], 0, 48)
    assert await directory.ask("SELECT count(*) FROM users") == [(60,)]


async def test_prune_removes_exactly_a_fifth_without_force(directory: Directory) -> None:
    rows = [user(f"u{number}") for number in range(10)]
    await directory.load("A,Ay,\nB,Bee,\n", "".join(rows) + user("b", "B"))

    report = await directory.load(users="".join(rows[2:]), prune=True)

    assert (report.too_many, report.tally.removed) == ([], 2)
    assert await directory.ask("SELECT count(*) FROM users") == [(9,)]


async def test_prune_keeps_user_of_refused_row_with_shifted_cells(directory: Directory) -> None:
    path = directory.folder / "users.csv"
    header = "site_id,note," + USERS.replace("site_id,", "")
    rows = [f"A,,u{number},Ann,Lee,,,,BASIC,\n" for number in range(10)]
    path.write_text(header + "".join(rows))
    job = ImportJob("import:test", users=path, prune=True)
    await directory.load("A,Ay,\n")
    await import_directory(directory.database, job)
    path.write_text(header + "".join(rows[:8]) + "A,u8,Ann\n" + "A,,,u9,Ann,Lee,,,,BASIC,\n")

    report = await import_directory(directory.database, job)

    assert (report.refused, report.tally.removed) == (2, 0)
    assert await directory.ask("SELECT count(*) FROM users") == [(10,)]


@pytest.mark.parametrize("row", ["u9,A,Ann\n", "u9,A,Ann,Lee,12,,,BASIC,,more\n", " u9 ,Z,Ann,Lee,,,,BASIC,\n"])
async def test_prune_keeps_user_of_any_refused_row(directory: Directory, row: str) -> None:
    rows = [user(f"u{number}") for number in range(10)]
    await directory.load("A,Ay,\n", "".join(rows))

    report = await directory.load(users="".join(rows[:9]) + row, prune=True)

    assert (report.refused, report.tally.removed) == (1, 0)


async def test_prune_removes_user_whose_key_is_another_cell_of_row_refused_for_its_reason(directory: Directory) -> None:
    path = directory.folder / "users.csv"
    rows = [user(f"u{number}") for number in range(9)]
    await directory.load("A,Ay,\n", "".join(rows) + user("2112"))
    repeated = user("u8", extension="2112")
    path.write_text(
        f"{USERS.strip()},reason\n"
        + "".join(f"{row.strip()},\n" for row in rows)
        + f"{repeated.strip()},an earlier row has the same user_id\n"
    )

    report = await import_directory(directory.database, ImportJob("import:test", users=path, prune=True))

    assert (report.refused, report.tally.removed) == (1, 1)
    assert await directory.ask("SELECT external_id FROM users WHERE external_id = '2112'") == []
