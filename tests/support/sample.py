"""The sample directory, and how many rows its files have."""

import csv
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "graph" / "sample"


def rows_of(name: str) -> int:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return sum(1 for _row in csv.DictReader(file))
