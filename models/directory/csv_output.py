"""CSV files as Pickup writes them."""

import csv
import os
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """The format of a CSV file. `separator_line` is the line `sep=;` that Excel takes the separator from, or empty."""

    delimiter: str = ","
    line_end: str = "\n"
    has_bom: bool = False
    separator_line: str = ""


async def write_csv(path: Path, rows: AsyncIterable[list[str]], csv_format: CsvFormat = CsvFormat()) -> None:
    """Write a CSV file under a temporary name and rename it, so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.write(BOM * csv_format.has_bom + csv_format.separator_line)
            minimal = csv.writer(file, delimiter=csv_format.delimiter, lineterminator=csv_format.line_end)
            quoting = csv.writer(
                file, delimiter=csv_format.delimiter, lineterminator=csv_format.line_end, quoting=csv.QUOTE_ALL
            )
            async for row in rows:
                # Python does not quote a lone CR if lines end in LF, but every reader takes it for a line end.
                (quoting if "\r" in "".join(row) else minimal).writerow(row)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
