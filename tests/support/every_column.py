"""Files of a directory with a value in every column, made from the declarations of the columns."""

import csv
from typing import Any

from models.directory.columns import GROUPS, SITES, USERS, Column, FileFormat, Role
from models.directory.import_job import ImportJob, ImportReport, import_directory
from models.domain.directory_values import InvalidValueError
from tests.support.directory import Directory

FIRST = ("One", "10", "+15145550100", "one@example.com", "BASIC", "true")
OTHER = ("Another", "20", "+15145550199", "another@example.com", "PREMIUM", "false")
"""Cells, of which each column takes the first that is valid in it."""

Rows = dict[FileFormat, list[dict[str, str]]]


def cell_for(column: Column, cells: tuple[str, ...]) -> str:
    for cell in cells:
        try:
            parsed = column.parse(cell, region=None) if column.regional else column.parse(cell)
        except InvalidValueError:
            continue
        if parsed is not None:
            return cell
    raise AssertionError(f"no cell is valid in {column.name}: add one to FIRST and OTHER")


def make_rows() -> Rows:
    """A site, a group, its member u1 and a user u2, with a value in every column; the last row of each can change."""
    keys = {SITES: ["A"], USERS: ["u1", "u2"], GROUPS: [""]}
    return {
        file_format: [{column.name: _first_cell(column, key) for column in file_format.columns} for key in found]
        for file_format, found in keys.items()
    }


def _first_cell(column: Column, key: str) -> str:
    known = {Role.KEY: key, Role.SITE: "A", Role.NAME: "Sales", Role.MEMBERS: "u1"}
    return known.get(column.role) or cell_for(column, FIRST)


def change_cell(rows: Rows, file_format: FileFormat, column: Column) -> None:
    rows[file_format][-1][column.name] = "u1|u2" if column.role is Role.MEMBERS else cell_for(column, OTHER)


async def load_rows(directory: Directory, rows: Rows) -> ImportReport:
    paths: dict[str, Any] = {file_format.name: directory.folder / f"{file_format.name}.csv" for file_format in rows}
    for file_format, found in rows.items():
        with paths[file_format.name].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, found[0])
            writer.writeheader()
            writer.writerows(found)
    return await import_directory(directory.database, ImportJob("import:test", **paths))
