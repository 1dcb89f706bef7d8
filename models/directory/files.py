"""The files of a directory: CSV with a header line, read row by row, and the rows that were refused written back."""

import csv
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

MAX_CELL_LENGTH = 1_000_000
"""Characters of one cell: a quote that is never closed must not read the whole file into memory."""

MAX_MEMBERS_LENGTH = 64_000_000
"""Characters of one cell of groups.csv: everybody of a large site may be in one group."""

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

_BOM = b"\xef\xbb\xbf"


class FileRefused(Exception):
    """A file that cannot be used at all: one line for the operator, with its name."""


class RowRefused(Exception):
    """A row that cannot be used; the text is the reason."""


class Line(NamedTuple):
    """A row of a file: its number, the line where it begins, its known columns in order, and a problem of its shape.

    Of a row that is too short or too long, nobody knows which cell is of which column: it has all of them.
    """

    number: int
    line: int
    cells: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a file is written: what separates its cells, how its lines end, and whether it begins with a mark."""

    delimiter: str = ","
    line_end: str = "\n"
    has_bom: bool = False

    @property
    def encoding(self) -> str:
        return "utf-8-sig" if self.has_bom else "utf-8"


class DirectoryFile:
    """One file. `rows` counts what was read of it."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self.rows = 0

    @property
    def rejected_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.rejected.csv")

    def read(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Iterator[Line]:
        """The rows, blank lines left out. `progress` is told the bytes read and those of all. Raises FileRefused."""
        with _Opened(self) as (file, form):
            whole = os.fstat(file.fileno()).st_size
            rows = self._with_lines(file, form)
            _, header = next(rows, (1, []))
            width, places = self._places(header)
            known = itemgetter(*places)
            for line, cells in rows:
                if not _is_blank(cells):
                    self.rows += 1
                    if len(cells) == width:
                        yield Line(self.rows, line, known(cells), "")
                    else:
                        problem = f"the row has {len(cells)} cells, but the header has {width}"
                        yield Line(self.rows, line, tuple(cells), problem)
                    if not self.rows % 1_000:
                        progress(os.lseek(file.fileno(), 0, os.SEEK_CUR), whole)
            progress(whole, whole)

    def _with_lines(self, file: TextIOWrapper, form: CsvFormat) -> Iterator[tuple[int, list[str]]]:
        """The header and the rows, each with the line where it begins."""
        reader = csv.reader(file, delimiter=form.delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(f"{self.path}, line {line}: the file is not CSV: {error}") from None

    def _places(self, header: list[str]) -> tuple[int, list[int]]:
        """How many cells a row has, and where the known ones are."""
        names = [name.strip().lower() for name in header]
        for column in self.columns:
            if names.count(column) != 1:
                problem = "is missing" if column not in names else "is there twice"
                raise FileRefused(f"{self.path}: the column {column} {problem}")
        return len(names), [names.index(column) for column in self.columns]

    async def write_rejected(self, refused: AsyncIterable[tuple[int, str]]) -> bool:
        """Writes the refused rows beside the file, in its own form with their reasons; whether there are any.

        `refused` gives the number and the reason of each, numbers rising. Without any, an older file is removed.
        Raises FileRefused.
        """
        waiting = aiter(refused)
        first = await anext(waiting, None)
        try:
            if first is None:
                # Asked first, since a folder that cannot be written refuses also what would change nothing.
                if self.rejected_path.is_file():
                    self.rejected_path.unlink()
                return False
            with _Opened(self) as (file, form):
                rows = csv.reader(file, delimiter=form.delimiter)
                await write_file(self.rejected_path, _rejected(rows, first, waiting), form)
        except OSError as error:
            raise FileRefused(f"{self.rejected_path}: {error.strerror or error}") from None
        return True


class _Opened:
    """The file open for reading, and its form; errors become FileRefused."""

    def __init__(self, file: DirectoryFile) -> None:
        self.path = file.path
        self._longest = MAX_MEMBERS_LENGTH if "member_ids" in file.columns else MAX_CELL_LENGTH

    def __enter__(self) -> "tuple[TextIOWrapper, CsvFormat]":
        csv.field_size_limit(self._longest)
        try:
            self._file = self.path.open(encoding="utf-8-sig", newline="")
            try:
                return self._file, self._form()
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise
        except OSError as error:
            raise FileRefused(f"{self.path}: {error.strerror or error}") from None

    def _form(self) -> CsvFormat:
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            raise FileRefused(f"{self.path}: it is not a regular file, and must be read more than once")
        has_bom = self._file.buffer.read(len(_BOM)) == _BOM
        self._file.seek(0)
        header = self._file.readline(MAX_CELL_LENGTH)
        self._file.seek(0)
        delimiter = ";" if header.count(";") > header.count(",") else ","
        return CsvFormat(delimiter, "\r\n" if header.endswith("\r\n") else "\n", has_bom)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._file.close()
        if isinstance(error, UnicodeDecodeError):
            raise FileRefused(f"{self.path}: the file is not UTF-8") from None
        if isinstance(error, csv.Error):
            raise FileRefused(f"{self.path}: the file is not CSV: {error}") from None


def _is_blank(cells: list[str]) -> bool:
    return not any(cells) or "".join(cells).isspace()


async def _rejected(
    rows: Iterable[list[str]], first: tuple[int, str], waiting: AsyncIterator[tuple[int, str]]
) -> AsyncIterator[list[str]]:
    """Yield the header with a column `reason` more, and each refused row with its own cells and the reason.

    A row with too few or too many cells still has too few or too many: imported again, it is refused again.
    """
    cells_of = iter(rows)
    yield [*next(cells_of), "reason"]
    wanted: tuple[int, str] | None = first
    number = 0
    for cells in cells_of:
        if wanted is None:
            return
        if not _is_blank(cells):
            number += 1
            if number == wanted[0]:
                yield [*cells, wanted[1]]
                wanted = await anext(waiting, None)


async def write_file(path: Path, rows: AsyncIterable[list[str]], form: CsvFormat = CsvFormat()) -> None:
    """Writes a CSV file under another name first, so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding=form.encoding, newline="") as file:
            writer = csv.writer(file, delimiter=form.delimiter, lineterminator=form.line_end)
            quoting = csv.writer(file, delimiter=form.delimiter, lineterminator=form.line_end, quoting=csv.QUOTE_ALL)
            async for row in rows:
                # Python leaves a lone CR as it is where lines end in LF, but every reader takes it for an end.
                (quoting if "\r" in "".join(row) else writer).writerow(row)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
