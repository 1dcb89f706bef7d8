"""The files of a directory: CSV with a header line, read row by row, and the rows that were refused written back."""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_FIELD = 1_000_000

SITE_COLUMNS = ("site_id", "name", "main_number")
USER_COLUMNS = (
    "user_id",
    "site_id",
    "first_name",
    "last_name",
    "extension",
    "phone_number",
    "email",
    "station_type",
    "barge_in_exempt",
)
GROUP_COLUMNS = ("site_id", "name", "member_ids")


class FileRefused(Exception):
    """A file that cannot be used at all: one line for the operator, with its name."""


class RowRefused(Exception):
    """A row that cannot be used; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file: its number among the rows, its line, its cells and those of known columns."""

    number: int
    line: int
    cells: list[str]
    values: dict[str, str]


@dataclass(slots=True)
class DirectoryFile:
    """One file. `refused` holds the reason for each row refused, by the number of the row."""

    path: Path
    columns: tuple[str, ...]
    refused: dict[int, tuple[int, str]] = field(default_factory=dict)
    rows: int = 0

    @property
    def rejected_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.rejected.csv")

    def read(self) -> Iterator[Row]:
        """The rows, blank lines left out. Raises FileRefused."""
        csv.field_size_limit(_LONGEST_FIELD)
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                first = file.readline()
                delimiter = ";" if first.count(";") > first.count(",") else ","
                file.seek(0)
                reader = csv.reader(file, delimiter=delimiter, strict=True)
                header = [name.strip().lower() for name in next(reader, [])]
                yield from self._rows(reader, self._places(header), len(header))
        except UnicodeDecodeError:
            raise FileRefused(f"{self.path}: the file is not UTF-8") from None
        except OSError as error:
            raise FileRefused(f"{self.path}: {error.strerror}") from None
        except csv.Error as error:
            raise FileRefused(f"{self.path}: the file is not CSV: {error}") from None

    def _places(self, header: list[str]) -> dict[str, int]:
        missing = [name for name in self.columns if name not in header]
        if missing:
            raise FileRefused(f"{self.path}: the column {missing[0]} is missing")
        return {name: header.index(name) for name in self.columns}

    def _rows(self, reader: "Iterator[list[str]]", places: dict[str, int], width: int) -> Iterator[Row]:
        number, line = 0, 2
        for cells in reader:
            if any(cell.strip() for cell in cells):
                number += 1
                self.rows = number
                if len(cells) == width:
                    yield Row(number, line, cells, {name: cells[place].strip() for name, place in places.items()})
                else:
                    self.refuse(number, line, f"the row has {len(cells)} cells, but the header has {width}")
            line = reader.line_num + 1  # type: ignore[attr-defined]

    def refuse(self, number: int, line: int, reason: str) -> None:
        self.refused.setdefault(number, (line, reason))

    def write_rejected(self) -> None:
        """Writes the refused rows beside the file, in its own format with their reasons; without any, removes that."""
        if not self.refused:
            self.rejected_path.unlink(missing_ok=True)
            return
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = ";" if first.count(";") > first.count(",") else ","
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            write_file(self.rejected_path, self._rejected(reader), delimiter)

    def _rejected(self, reader: Iterable[list[str]]) -> Iterator[list[str]]:
        rows = iter(reader)
        yield [*next(rows), "reason"]
        number = 0
        for cells in rows:
            if any(cell.strip() for cell in cells):
                number += 1
                if number in self.refused:
                    yield [*cells, self.refused[number][1]]


def write_file(path: Path, rows: Iterable[list[str]], delimiter: str = ",") -> None:
    """Writes a CSV file under another name first, so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
