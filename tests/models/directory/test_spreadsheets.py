"""An export opened and saved by LibreOffice, as a workbook and as CSV again: importing it changes nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from models.directory.export import export_directory
from models.directory.import_job import ImportJob, import_directory
from tests.support.directory import Directory, user

SOFFICE = shutil.which("soffice")
CSV_FILTER = "Text - txt - csv (StarCalc)"
QUOTE = 34
UTF8 = 76
"""The quotation mark, and LibreOffice's number of the encoding."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice: install libreoffice-calc, for its program soffice"),
]


def convert(profile: Path, files: list[Path], target: str, folder: Path) -> None:
    """Open the files as CSV UTF-8 or as workbooks, and save them as `target`."""
    options = [f"-env:UserInstallation=file://{profile}", "--headless"]
    if files[0].suffix == ".csv":
        options.append(f"--infilter={CSV_FILTER}:{ord(',')},{QUOTE},{UTF8},1")
    command = [str(SOFFICE), *options, "--convert-to", target, "--outdir", folder, *files]
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=300)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_export_saved_by_spreadsheet_changes_nothing(directory: Directory, tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@a", "''=1", "'a", "Été", '"a, b"', "a;b"]
    rows = [user(f"u{number}", first=name, phone="+15145550142") for number, name in enumerate(names)]
    more = user("-u", "=B", "HOSTED_PRI", exempt="1", last="Lee", extension="1001", email="a@example.com")
    groups = "A,-Sales,u1|u2|u3\n=B,,-u\n"
    await directory.load("A,Ay,+15145550100\n=B,'Bee,+15145550101\n", "".join(rows) + more, groups)
    kinds, out = await directory.kinds(), tmp_path / "out"
    await export_directory(directory.database, out, excel=True)
    files = ("sites", "users", "groups")

    convert(tmp_path / "profile", [out / f"{name}.csv" for name in files], "xlsx", tmp_path / "books")
    books = [tmp_path / "books" / f"{name}.xlsx" for name in files]
    for delimiter in ",;\t":
        saved = tmp_path / f"saved{ord(delimiter)}"
        convert(tmp_path / "profile", books, f"csv:{CSV_FILTER}:{ord(delimiter)},{QUOTE},{UTF8},1", saved)
        paths = (saved / "sites.csv", saved / "users.csv", saved / "groups.csv")

        report = await import_directory(directory.database, ImportJob("import:test", *paths, prune=True))

        assert (report.refused, report.unchanged, report.tally.removed) == (0, len(names) + 1, 0)
        assert await directory.kinds() == kinds
