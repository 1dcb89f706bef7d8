"""CSV files as people and spreadsheets write them, and refused rows in the format of their file."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.directory.columns import GROUPS, MAX_CELL_LENGTH, SITES
from models.directory.csv_input import FileRefused
from models.directory.csv_output import write_csv
from models.directory.directory_file import DirectoryFile


def file_of(folder: Path, content: bytes) -> DirectoryFile:
    path = folder / "sites.csv"
    path.write_bytes(content)
    return DirectoryFile(path, SITES)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def refused_rows(*refused: tuple[int, str]) -> AsyncIterator[tuple[int, str]]:
    for one in refused:
        yield one


@pytest.mark.parametrize(
    "content",
    [
        "site_id,name,main_number\nA,Été,1\n",
        "\ufeffsite_id,name,main_number\r\nA,Été,1\r\n",
        "SITE_ID ; Name;main_number\nA;Été;1",
        '"site_id";"name";"main_number"\n"A";"Été";"1"\n',
        "extra,main_number,name,site_id\n,1,Été,A\n",
        "site_id,name,main_number\r\rA,Été,1\r",
        "site_id,name,main_number\n\n ,\t, \nA,Été,1\n\n",
        "site_id\tname\tmain_number\nA\tÉté\t1\n",
        "\u00a0Site_ID\u00a0,NAME , Main_Number\nA,Été,1\n",
        "site_id;name;main_number;a,b,c,d,e\nA;Été;1;,,,,\n",
        'site_id\tname\tmain_number\t"a;b;c;d\ne"\nA\tÉté\t1\t\n',
        "\ufeff\ufeff\ufeffsite_id,name,main_number\nA,Été,1\n",
        "\ufeff\n;;;\n,,\n\t \n\ufeffsep=;\nsite_id;name;main_number\nA;Été;1\n",
        '\ufeff"sep=\t"\r\nsite_id\tname\tmain_number\r\nA\tÉté\t1\r\n',
        "SEP=,\nsite_id;name;main_number\nA;Été;1\n",
        '"",""\nsite_id,name,main_number\nA,Été,1\n',
        '\ufeff"site_id","name","main_number"\nA,Été,1\n',
        '"\ufeffsite_id","name","main_number"\nA,Été,1\n',
    ],
    ids=[
        "plain",
        "BOM",
        "semicolons",
        "quoted",
        "other columns",
        "old Macs",
        "blank lines",
        "tabs",
        "white space around names",
        "commas in another name",
        "line break in another name",
        "several BOMs",
        "lines before the header",
        "quoted line sep=",
        "wrong line sep=",
        "quoted empty cells",
        "quoted after BOM",
        "quoted with BOM",
    ],
)
def test_file_is_read_in_every_format(tmp_path: Path, content: str) -> None:
    file = file_of(tmp_path, content.encode())

    rows = list(file.read())

    assert [row.cells for row in rows] == [("A", "Été", "1")]
    assert (rows[0].number, rows[0].problem, file.rows) == (1, "", 1)


def test_line_numbers_count_lines_before_header(tmp_path: Path) -> None:
    file = file_of(tmp_path, b'\n;;\nsep=;\n"site_id";name;"main\n";main_number\nA;a;;\n\nB\n')

    assert [(row.line, row.cells[0], row.problem) for row in file.read()] == [
        (6, "A", ""),
        (8, "B", "the row has 1 cells, but the header has 4"),
    ]


def test_line_numbers_are_those_of_an_editor(tmp_path: Path) -> None:
    file = file_of(tmp_path, b'site_id,name,main_number\nA,"two\nlines",\n\nB,b,\nC\nD,d,,\n')

    found = [(row.line, row.cells[0], row.problem) for row in file.read()]

    assert found == [
        (2, "A", ""),
        (5, "B", ""),
        (6, "C", "the row has 1 cells, but the header has 3"),
        (7, "D", "the row has 4 cells, but the header has 3"),
    ]


EMPTY = ": the file is empty"
UTF16 = ": the file is UTF-16; save it as CSV UTF-8"
NOT_UTF8 = ": the file is not UTF-8; save it as CSV UTF-8"
READ_AS_HEADER = "was read as the header, with the columns"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", EMPTY),
        (b"\xef\xbb\xbf", EMPTY),
        (b"\xef\xbb\xbf\xef\xbb\xbf\r\n;;;\r\nsep=;\r\n \t,\r\n", EMPTY),
        (b"site_id,name\n", f": the column main_number is missing; line 1 {READ_AS_HEADER} site_id, name"),
        (
            b"\n\nSite Id;Name;;Main_Number\n",
            f": the column site_id is missing; line 3 {READ_AS_HEADER} site id, name, main_number",
        ),
        (b"A,Ay,\n", f": the columns site_id, name, main_number are missing; line 1 {READ_AS_HEADER} a, ay"),
        (
            b"x" * 1_000,
            f": the columns site_id, name, main_number are missing; line 1 {READ_AS_HEADER} " + "x" * 300,
        ),
        (b"site_id,name,main_number,NAME\n", ": the column name is there twice"),
        (b"site_id,name,main_number\nA,\xff,\n", f", line 2{NOT_UTF8}"),
        (
            "site_id,name,main_number\nA,Été,\n".encode("latin-1"),
            f", line 2{NOT_UTF8}",
        ),
        ("site_id,näme,main_number\n".encode("mac-roman"), f", line 1{NOT_UTF8}"),
        (b"site_id,name,main_number\nA,a,\nB,\xc3", f", line 3{NOT_UTF8}"),
        (
            b"site_id,name,main_number\r" + b"A,\xc3\xa9,\r\n" * 30_000 + b"\n\rB,\x80,\r",
            f", line 30004{NOT_UTF8}",
        ),
        ("site_id,name,main_number\n".encode("utf-16"), UTF16),
        ("site_id,name,main_number\n".encode("utf-16-le"), UTF16),
        ("site_id,name,main_number\n".encode("utf-16-be"), UTF16),
        ("\ufeffsite_id,name,main_number\n".encode("utf-16-be"), UTF16),
        ("\ufeffsite_id,name,main_number\n".encode("utf-32-be"), ": the file is UTF-32; save it as CSV UTF-8"),
        (
            b"PK\x03\x04\x14\x00\x06\x00\x08\x00",
            ": the file is an Excel workbook or another ZIP archive, not CSV; save it as CSV UTF-8",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            ": the file is an old Excel workbook, not CSV; save it as CSV UTF-8",
        ),
    ],
)
def test_unreadable_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = file_of(tmp_path, content)

    with pytest.raises(FileRefused) as refused:
        list(file.read())

    assert str(refused.value) == f"{file.path}{reason}"


def test_optional_column_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("name,site_id\nAy,A\n")
    *required, number = SITES.columns

    rows = DirectoryFile(path, replace(SITES, columns=(*required, replace(number, required=False)))).read()

    assert [row.cells for row in rows] == [("A", "Ay", "")]


def test_apostrophe_before_formula_is_removed(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"site_id,name,main_number\n'=A,''-a,'+15145550100\n'B,'b,'\n")

    assert [row.cells for row in file.read()] == [("=A", "'-a", "+15145550100"), ("'B", "'b", "'")]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b'site_id,name,main_number,"x"y\n', 1, "',' expected after '\"'"),
        (b'site_id,name,main_number\n\nA,"a"b,\n', 3, "',' expected after '\"'"),
        (b'site_id,name,main_number\nA,"two\nlines",\nB,"b\nC,c,\n', 4, "unexpected end of data"),
        (
            b"site_id,name,main_number\nA,a,\nB," + b"x" * (MAX_CELL_LENGTH + 1),
            3,
            "field larger than field limit (1000000)",
        ),
    ],
)
def test_invalid_csv_is_refused_with_first_line_of_row(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    file = file_of(tmp_path, content)

    with pytest.raises(FileRefused) as refused:
        list(file.read())

    assert str(refused.value) == f"{file.path}, line {line}: the file is not CSV: {reason}"


def test_pipe_is_refused(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    path = Path(f"/dev/fd/{reader}")

    with os.fdopen(reader), os.fdopen(writer, "w"), pytest.raises(FileRefused) as refused:
        list(DirectoryFile(path, SITES).read())

    assert str(refused.value) == f"{path}: it is not a regular file, and must be read more than once"


def test_members_of_large_group_fit_one_cell(tmp_path: Path) -> None:
    members = "|".join(f"{number:0200}" for number in range(6_000))
    path = tmp_path / "groups.csv"
    path.write_text(f"site_id,name,member_ids\nA,Everybody,{members}\n")

    (row,) = DirectoryFile(path, GROUPS).read()

    assert row.cells[:3] == ("A", "Everybody", members)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(FileRefused, match=str(path)):
            list(DirectoryFile(path, SITES).read())


def test_progress_counts_bytes(tmp_path: Path) -> None:
    rows = b"".join(b"S%06d,Name,\n" % number for number in range(3_000))
    file = file_of(tmp_path, b"site_id,name,main_number\n" + rows)
    calls: list[tuple[int, int]] = []

    list(file.read(lambda done, whole: calls.append((done, whole))))

    assert len(calls) == 4
    assert calls == sorted(calls)
    assert calls[-1] == (file.path.stat().st_size, file.path.stat().st_size)


async def test_refused_rows_keep_format_of_file(tmp_path: Path) -> None:
    content = '\ufeffsite_id;name;main_number;note\r\nA;"a;b";;x\r\n\r\nB;b;;y\r\nC;"c\nd";;z\r\n'
    file = file_of(tmp_path, content.encode())

    written = await file.write_rejected(refused_rows((1, "one"), (3, 'three; "3"')))

    assert written
    assert file.rejected_path.name == "sites.csv.rejected.csv"
    assert file.rejected_path.read_bytes().decode() == (
        '\ufeffsite_id;name;main_number;note;reason\r\nA;"a;b";;x;one\r\nC;"c\nd";;z;"three; ""3"""\r\n'
    )


async def test_refused_rows_keep_line_sep_and_apostrophes(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"\n;;\nsep=;\r\nSite_ID;name;main_number\r\n'=A;a;\r\n")

    await file.write_rejected(refused_rows((1, "one")))

    assert file.rejected_path.read_bytes() == b"sep=;\r\nSite_ID;name;main_number;reason\r\n'=A;a;;one\r\n"


async def test_refused_row_with_wrong_number_of_cells_is_written_with_its_own_cells(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"site_id,name,main_number\nA\nB,b\nC,c,,more\n")

    await file.write_rejected(refused_rows((1, "short"), (2, "short"), (3, "long")))

    assert file.rejected_path.read_text() == "site_id,name,main_number,reason\nA,short\nB,b,short\nC,c,,more,long\n"
    assert [row.problem for row in DirectoryFile(file.rejected_path, SITES).read()] == [
        f"the row has {cells} cells, but the header has 4" for cells in (2, 3, 5)
    ]


async def test_reason_is_written_into_the_column_that_is_there(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"Reason,site_id,name,main_number\nold,A,a,\nold,B,b\nold,C,c,,more\n")

    await file.write_rejected(refused_rows((1, "new"), (2, "short"), (3, "long")))

    assert file.rejected_path.read_text() == "Reason,site_id,name,main_number\nnew,A,a,\nold,B,b\nold,C,c,,more\n"


async def test_lone_carriage_return_stays_in_its_cell(tmp_path: Path) -> None:
    file = file_of(tmp_path, b'site_id,name,main_number\nA,"a\rb",\nB,b,\n')

    await file.write_rejected(refused_rows((1, "one"), (2, "two")))

    written = DirectoryFile(file.rejected_path, SITES)
    assert [row.cells for row in written.read()] == [("A", "a\rb", ""), ("B", "b", "")]


async def test_rejected_file_is_removed_without_refused_rows(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"site_id,name,main_number\n")
    file.rejected_path.write_text("old")

    assert not await file.write_rejected(refused_rows())
    assert not file.rejected_path.exists()
    assert not await file.write_rejected(refused_rows())


async def test_folder_need_not_be_writable_without_refused_rows(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"site_id,name,main_number\n")
    file.rejected_path.mkdir()

    assert not await file.write_rejected(refused_rows())
    assert names_in(tmp_path) == ["sites.csv", "sites.csv.rejected.csv"]


async def test_unwritable_rejected_file_is_reported(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"site_id,name,main_number\nA,a,\n")
    file.rejected_path.mkdir()

    with pytest.raises(FileRefused, match="rejected"):
        await file.write_rejected(refused_rows((1, "one")))
    assert names_in(tmp_path) == ["sites.csv", "sites.csv.rejected.csv"]


async def test_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("before")

    async def rows() -> AsyncIterator[list[str]]:
        yield ["a", "é"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_csv(path, rows())

    assert names_in(tmp_path) == ["sites.csv"]
    assert path.read_text() == "before"
