"""CSV files as people, spreadsheets and other programs write them."""

import codecs
import csv
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from models.directory.csv_output import BOM, CsvFormat
from models.queries.search_text import WHITE_SPACE

DELIMITERS = (",", ";", "\t")

_SAVE_AS = "save it as CSV UTF-8"
_SIGNATURES = (
    (codecs.BOM_UTF16_LE, "the file is UTF-16"),
    (codecs.BOM_UTF16_BE, "the file is UTF-16"),
    (codecs.BOM_UTF32_BE, "the file is UTF-32"),
    (b"PK\x03\x04", "the file is an Excel workbook or another ZIP archive, not CSV"),
    (b"\xd0\xcf\x11\xe0", "the file is an old Excel workbook, not CSV"),
)
_UTF16_START = re.compile(rb"\0[^\0]|[^\0]\0")
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_MAX_HEADER_LENGTH = 1_000_000
_MAX_SHOWN = 300
"""Characters of a header that an error shows."""


class FileRefused(Exception):
    """A file that cannot be read at all; the text is one line for the operator, with its name."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """An open CSV file: its format, its header, and its rows, each with the line where it begins.

    `columns` are the names in the header, in lower case and without white space around them.
    """

    csv_format: CsvFormat
    header: list[str]
    columns: list[str]
    rows: Iterator[tuple[int, list[str]]]
    file: io.TextIOWrapper

    @property
    def bytes_read(self) -> int:
        return os.lseek(self.file.fileno(), 0, os.SEEK_CUR)


@contextmanager
def open_csv(path: Path, columns: Iterable[str], max_cell_length: int) -> Iterator[CsvTable]:
    """Open a file whose header must have these columns. Raises FileRefused, also while the rows are read."""
    csv.field_size_limit(max_cell_length)
    with _refusing(path):
        file = path.open(encoding="utf-8", newline="")
    with file:
        with _refusing(path):
            _check_kind(path, file)
            table = _read_table(path, file, tuple(columns))
        yield table


def is_blank(cells: list[str]) -> bool:
    return not any(cells) or "".join(cells).isspace()


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Raise FileRefused for errors of reading."""
    try:
        yield
    except UnicodeDecodeError:
        line = _first_undecodable_line(path)
        raise FileRefused(f"{path}, line {line}: the file is not UTF-8; {_SAVE_AS}") from None
    except OSError as error:
        raise FileRefused(f"{path}: {error.strerror or error}") from None


def _check_kind(path: Path, file: io.TextIOWrapper) -> None:
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise FileRefused(f"{path}: it is not a regular file, and must be read more than once")
    start = file.buffer.peek(8) if isinstance(file.buffer, io.BufferedReader) else b""
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            raise FileRefused(f"{path}: {kind}; {_SAVE_AS}")
    if _UTF16_START.match(start):
        raise FileRefused(f"{path}: the file is UTF-16; {_SAVE_AS}")


def _read_table(path: Path, file: io.TextIOWrapper, columns: tuple[str, ...]) -> CsvTable:
    number, text, has_bom, separator_line = _find_header(path, file)
    delimiter, found = _choose_delimiter(text, columns)
    missing = [column for column in columns if column not in found]
    if missing:
        names = f"the column {missing[0]} is" if len(missing) == 1 else f"the columns {', '.join(missing)} are"
        shown = ", ".join(filter(None, found))[:_MAX_SHOWN]
        raise FileRefused(f"{path}: {names} missing; line {number} was read as the header, with the columns {shown}")
    for column in columns:
        if found.count(column) > 1:
            raise FileRefused(f"{path}: the column {column} is there twice")
    rows = _numbered_rows(path, chain(_lines(text), file), delimiter, number)
    _, header = next(rows)
    line_end = "\r\n" if text.endswith("\r\n") else "\n"
    return CsvTable(CsvFormat(delimiter, line_end, has_bom, separator_line), header, found, rows, file)


def _find_header(path: Path, file: io.TextIOWrapper) -> tuple[int, str, bool, str]:
    """Return the header's line number and text, whether the file begins with a BOM, and its line `sep=`.

    Blank lines and lines of separators alone are passed over.
    """
    has_bom, separator_line = False, ""
    for number, line in enumerate(iter(lambda: file.readline(_MAX_HEADER_LENGTH), ""), 1):
        text = line.lstrip(BOM)
        has_bom = has_bom or (number == 1 and text != line)
        if not text.replace('""', "").strip("".join(DELIMITERS) + WHITE_SPACE):
            continue
        if _SEPARATOR_LINE.fullmatch(text.strip(WHITE_SPACE)):
            separator_line = text
            continue
        # A quoted name may have line breaks.
        while text.count('"') % 2 and len(text) <= _MAX_HEADER_LENGTH and (more := file.readline(_MAX_HEADER_LENGTH)):
            text += more
        return number, text, has_bom, separator_line
    raise FileRefused(f"{path}: the file is empty")


def _choose_delimiter(text: str, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return the delimiter with which the header has most of the columns, and the names in it."""
    headers = {
        delimiter: [
            name.strip(WHITE_SPACE + BOM).lower() for name in next(csv.reader(_lines(text), delimiter=delimiter))
        ]
        for delimiter in DELIMITERS
    }

    def fit(delimiter: str) -> tuple[int, int]:
        return len(set(columns) & set(headers[delimiter])), len(headers[delimiter])

    chosen = max(DELIMITERS, key=fit)
    return chosen, headers[chosen]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, as a file does: str.splitlines knows more line ends."""
    return iter(io.StringIO(text, newline=""))


def _numbered_rows(path: Path, lines: Iterable[str], delimiter: str, number: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line where it begins; the first line has this number."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = number
    try:
        with _refusing(path):
            for cells in reader:
                yield line, cells
                line = number + reader.line_num
    except csv.Error as error:
        raise FileRefused(f"{path}, line {line}: the file is not CSV: {error}") from None


def _first_undecodable_line(path: Path) -> int:
    """Return the line of the first byte that is not UTF-8, with line ends as editors count them."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
    line = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(1 << 16)
            after_cr = decoder.getstate()[1] & 1
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                before = "\r" * after_cr + error.object[: error.start].decode()
                return line + len(re.findall("\r\n|\r|\n", before))
            if not chunk:
                return line
