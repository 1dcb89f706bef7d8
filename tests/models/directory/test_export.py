"""Export: equal data gives equal bytes, and importing them again changes nothing."""

from pathlib import Path

import pytest

from models.directory.columns import GROUPS, SITES, USERS, FileFormat
from models.directory.export import export_directory
from models.directory.import_job import ImportJob, import_directory
from tests.support.directory import Directory, user


async def export(directory: Directory, name: str) -> dict[str, str]:
    folder = directory.folder / name
    await export_directory(directory.database, folder)
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def written(file_format: FileFormat, *rows: str) -> str:
    """The file with these rows, and nothing in the columns that a file may lack."""
    empty = "," * sum(not column.required for column in file_format.columns)
    return "".join(f"{line}\n" for line in (",".join(file_format.header), *(row + empty for row in rows)))


async def test_export_orders_rows_by_key(directory: Directory) -> None:
    await directory.load(
        'é,Accents,\nB,Bee,+15145550100\nA,"Ay, and more",\n',
        user("u2", "B", exempt="1") + user("u1", "B", extension="007") + user("u3", "A", phone="+33144556677"),
        "B,Zed,u2|u1\nB,,\nA,Één,u3\n",
    )

    assert await export(directory, "out") == {
        "sites.csv": written(SITES, 'A,"Ay, and more",', "B,Bee,+15145550100", "é,Accents,"),
        "users.csv": written(
            USERS,
            "u3,A,Ann,U3,,+33144556677,,BASIC,false",
            "u1,B,Ann,U1,007,,,BASIC,false",
            "u2,B,Ann,U2,,,,BASIC,false",
        ),
        "groups.csv": written(GROUPS, "A,Één,u3", "B,+15145550100,", "B,Zed,u1|u2"),
    }


@pytest.mark.parametrize(
    ("excel", "cells"),
    [
        (False, ["=1+1", "+1", "-1", "@a", "''=1", "'''+1", "'a", "'", "a=1"]),
        (True, ["'=1+1", "'+1", "'-1", "'@a", "''=1", "'''+1", "'a", "'", "a=1"]),
    ],
)
async def test_export_writes_apostrophes_that_import_removes(
    directory: Directory, excel: bool, cells: list[str]
) -> None:
    names = ["=1+1", "+1", "-1", "@a", "'=1", "''+1", "'a", "'", "a=1"]
    rows = [user(f"-u{number}", first=cell, last="") for number, cell in enumerate(cells)]
    await directory.load("A,-Ay,\n", "".join(rows), "A,@Sales,-u0|-u1\n")
    stored, kinds = await directory.ask("SELECT first_name FROM users ORDER BY external_id"), await directory.kinds()
    out = directory.folder / "out"

    await export_directory(directory.database, out, excel=excel)

    found = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
    bom, mark = ("\ufeff", "'") if excel else ("", "")
    assert stored == [(name,) for name in names]
    assert found["sites.csv"] == bom + written(SITES, f"A,{mark}-Ay,")
    assert found["groups.csv"] == bom + written(GROUPS, f"A,{mark}@Sales,{mark}-u0|-u1")
    assert found["users.csv"].startswith(bom + "user_id,")
    assert [line.split(",")[:3] for line in found["users.csv"].splitlines()[1:]] == [
        [f"{mark}-u{number}", "A", cell] for number, cell in enumerate(cells)
    ]
    job = ImportJob("import:test", out / "sites.csv", out / "users.csv", out / "groups.csv", prune=True)
    report = await import_directory(directory.database, job)
    assert (report.refused, report.unchanged) == (0, 9)
    assert await directory.kinds() == kinds


async def test_export_of_empty_directory_is_three_headers(directory: Directory) -> None:
    written = await export(directory, "deep/er")

    assert sorted(text.count("\n") for text in written.values()) == [1, 1, 1]


async def test_export_imported_again_changes_nothing(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.directory.export.PAGE", 3)
    stations = ("PREMIUM", "FAX", "STANDARD", "HOSTED_PRI")
    rows = [
        user(f"u{number}", f"S{number % 5}", stations[number % 4], exempt="01"[number % 2], first="“Zoé”")
        for number in range(40)
    ]
    sites = "".join(f"S{number},Site {number},\n" for number in range(6))
    await directory.load(sites, "".join(rows), "S0,Ün,u0|u10\nS1,deux,\nS2,3,u2|u22\n")
    kinds, members = await directory.kinds(), await directory.members()
    first = await export(directory, "out")
    out = directory.folder / "out"

    report = await import_directory(
        directory.database,
        ImportJob("import:test", out / "sites.csv", out / "users.csv", out / "groups.csv", prune=True),
    )

    assert (report.unchanged, report.refused, report.tally.changed) == (40, 0, 0)
    assert (await directory.kinds(), await directory.members()) == (kinds, members)
    assert await export(directory, "again") == first


async def test_export_for_excel_keeps_plus_of_phone_numbers(directory: Directory) -> None:
    await directory.load("A,Ay,+15145550100\n", user("u1", phone="+15145550142"), "A,,u1\n")
    out = directory.folder / "out"

    await export_directory(directory.database, out, excel=True)

    found = {path.name: path.read_text(encoding="utf-8").removeprefix("\ufeff") for path in out.iterdir()}
    assert found == {
        "sites.csv": written(SITES, "A,Ay,'+15145550100"),
        "users.csv": written(USERS, "u1,A,Ann,U1,,'+15145550142,,BASIC,false"),
        "groups.csv": written(GROUPS, "A,'+15145550100,u1"),
    }


async def test_export_of_equal_data_is_equal_bytes(directory: Directory) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2", "B"), "A,One,u1\nB,Two,u2\n")
    first = await export(directory, "first")
    await directory.load(users=user("u2", "A") + user("u1", "B"), groups="A,One,u2\nB,Two,u1\n")
    await directory.load(users=user("u1") + user("u2", "B"), groups="B,Two,u2\nA,One,u1\n")

    assert await export(directory, "second") == first


async def test_export_raises_os_error_for_folder_that_cannot_be_made(directory: Directory, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        await export_directory(directory.database, tmp_path / "file" / "out")
