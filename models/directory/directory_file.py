"""A file of the directory: its rows, and the refused ones written to a file beside it."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from models.directory.columns import FileFormat
from models.directory.csv_cells import unescape_cell
from models.directory.csv_input import CsvTable, FileRefused, is_blank, open_csv
from models.directory.csv_output import write_csv

REASON = "reason"
"""The column that a file of refused rows has beside those of the file."""


class FileRow(NamedTuple):
    """A row of a file: its number, its first line, the cells of the declared columns in order, and its problem.

    A row with too few or too many cells has a problem and is not `aligned`: it has all of its cells, and which belongs
    to which column is unknown. A row that was refused for an earlier one has a problem when the file of refused rows is
    imported, where that one is missing.
    """

    number: int
    line: int
    cells: tuple[str, ...]
    problem: str = ""
    aligned: bool = True


class DirectoryFile:
    """One file. `rows` counts those that were read."""

    def __init__(self, path: Path, file_format: FileFormat) -> None:
        self.path = path
        self.format = file_format
        self.rows = 0

    @property
    def rejected_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.rejected.csv")

    def read(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Iterator[FileRow]:
        """Yield the rows but for blank ones. `progress` gets the bytes read and their total. Raises FileRefused."""
        with self._open() as table:
            total = os.fstat(table.file.fileno()).st_size
            width = len(table.columns)
            declared_cells = _cell_getter(table.columns, self.format.header)
            reason_at = _reason_place(table)
            for line, written in table.rows:
                if is_blank(written):
                    continue
                self.rows += 1
                cells = list(map(unescape_cell, written)) if "'" in "".join(written) else written
                if len(cells) != width:
                    problem = f"the row has {len(cells)} cells, but the header has {width}"
                    yield FileRow(self.rows, line, tuple(cells), problem, aligned=False)
                elif reason_at is not None and self.format.repeated in cells[reason_at]:
                    problem = f"its {REASON} says that {self.format.repeated}; empty it if this row is the right one"
                    yield FileRow(self.rows, line, declared_cells(cells), problem)
                else:
                    yield FileRow(self.rows, line, declared_cells(cells))
                if not self.rows % 1_000:
                    progress(table.bytes_read, total)
            progress(total, total)

    def _open(self) -> AbstractContextManager[CsvTable]:
        required = (column.name for column in self.format.columns if column.required)
        return open_csv(self.path, required, self.format.max_cell_length)

    async def write_rejected(self, refused: AsyncIterable[tuple[int, str]]) -> bool:
        """Write the refused rows beside the file, in its format and with their reasons; return whether there are any.

        `refused` yields the number and the reason of each, in order. Without any, an older file is removed.
        Raises FileRefused.
        """
        refused_rows = aiter(refused)
        first = await anext(refused_rows, None)
        try:
            if first is None:
                # Checked first: in a read-only folder, removing a file that is not there is an error too.
                if self.rejected_path.is_file():
                    self.rejected_path.unlink()
                return False
            with self._open() as table:
                rejected = _rejected_rows(table, first, refused_rows)
                await write_csv(self.rejected_path, rejected, table.csv_format)
        except OSError as error:
            raise FileRefused(f"{self.rejected_path}: {error.strerror or error}") from None
        return True


def _reason_place(table: CsvTable) -> int | None:
    return table.columns.index(REASON) if REASON in table.columns else None


def _cell_getter(found: list[str], columns: tuple[str, ...]) -> Callable[[list[str]], tuple[str, ...]]:
    """Return the function that takes the cells of the columns from a row; a column that is not there is empty."""
    if set(columns) <= set(found):
        return itemgetter(*(found.index(column) for column in columns))
    places = [found.index(column) if column in found else None for column in columns]
    return lambda cells: tuple("" if place is None else cells[place] for place in places)


async def _rejected_rows(
    table: CsvTable, first: tuple[int, str], refused: AsyncIterator[tuple[int, str]]
) -> AsyncIterator[list[str]]:
    """Yield the header with the column of reasons, and each refused row with its own cells and the reason.

    A file of refused rows has the column already. A row with too few or too many cells must still have too few or too
    many, so that it is refused again when it is imported again: if the column is there, the row is left as it is.
    """
    reason_at = _reason_place(table)
    yield [*table.header, REASON] if reason_at is None else table.header
    next_refused: tuple[int, str] | None = first
    number = 0
    for _, cells in table.rows:
        if next_refused is None:
            return
        if not is_blank(cells):
            number += 1
            if number == next_refused[0]:
                if reason_at is None:
                    cells.append(next_refused[1])
                elif len(cells) == len(table.header):
                    cells[reason_at] = next_refused[1]
                yield cells
                next_refused = await anext(refused, None)
