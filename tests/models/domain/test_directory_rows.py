"""The rows of the directory's mutations hold what the columns of its files do."""

from dataclasses import fields

import pytest

from models.directory.columns import SITES, USERS, FileFormat, Role
from models.domain import directory_rows
from models.domain.directory_rows import SITE_COLUMNS, SITE_FIELDS, USER_COLUMNS, USER_FIELDS


@pytest.mark.parametrize(
    ("file_format", "stored"), [(SITES, SITE_COLUMNS), (USERS, USER_COLUMNS)], ids=["sites", "users"]
)
def test_columns_of_a_file_are_stored_of_a_row(file_format: FileFormat, stored: dict[str, str]) -> None:
    columns = {column.stored_as: column.sql_type for column in file_format.columns if column.role is Role.ATTRIBUTE}

    assert columns
    assert columns.items() <= stored.items()


@pytest.mark.parametrize(
    ("file_format", "row", "names"),
    [(SITES, directory_rows.SiteRow, SITE_FIELDS), (USERS, directory_rows.UserRow, USER_FIELDS)],
    ids=["sites", "users"],
)
def test_a_row_has_a_field_for_each_column_of_the_file(
    file_format: FileFormat, row: type, names: tuple[str, ...]
) -> None:
    assert len(fields(row)) == len(names) == len(file_format.columns)
