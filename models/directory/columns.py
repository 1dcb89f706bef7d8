"""The columns of the three files, each declared once.

The header, the parsing of rows, the staging tables, the comparison with what is stored, the writes of an import and the
cells of an export all derive from these declarations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, partial
from typing import Any, Literal

from models.change import ChangeKind
from models.domain.directory_values import (
    InvalidValueError,
    check_search_key,
    check_user_name,
    parse_email,
    parse_extension,
    parse_key,
    parse_name,
    parse_phone_number,
    parse_site_name,
    parse_station_type,
)
from models.domain.group_names import clean_name
from models.queries.row_keys import site_keys, user_keys
from models.queries.search_text import WHITE_SPACE, storable

Value = str | int | bool | None
SqlType = Literal["text", "integer", "boolean"]

MAX_CELL_LENGTH = 1_000_000
"""Characters of one cell: a quote that is never closed must not read the whole file into memory."""

MAX_MEMBERS_LENGTH = 64_000_000
"""Characters of one cell of groups.csv: all users of a large site may be in one group."""


class RowRefused(Exception):
    """A row that cannot be loaded; the text is the reason."""


class Role(Enum):
    """What an import does with a column."""

    KEY = "identifies the row"
    NAME = "identifies the group within its site; one that is stored keeps the spelling of its name"
    SITE = "the key of the site that the row belongs to"
    ATTRIBUTE = "is stored as it is"
    EXEMPTION = "is stored unless the user is in a group"
    MEMBERS = "the keys of the users in the group"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    `stored_as` is its name in the database. `parse` makes its value of a cell, and raises InvalidValueError; if it is
    `regional`, it also takes the default region of telephone numbers. `write` makes a cell of the value. A column that
    is not required may be missing from a file: then its cells are empty. An attribute of a group has the kind of
    `change` that the log gets if it differs from what is stored.
    """

    name: str
    stored_as: str
    parse: Callable[..., Any]
    role: Role = Role.ATTRIBUTE
    sql_type: SqlType = "text"
    required: bool = True
    regional: bool = False
    write: Callable[[Any], str] = str
    change: ChangeKind | None = None

    def is_stored_form(self, value: Value) -> bool:
        """Whether the column holds the value as a row would store it."""
        try:
            return bool(self.parse("" if value is None else self.write(value)) == value)
        except InvalidValueError:
            return False


@dataclass(frozen=True, eq=False)
class FileFormat:
    """A file of the directory, and the table that it is loaded into.

    `derived` are the columns of the table that `derive` makes of the values of a row, in this order; `derive` also
    checks the row as a whole, and raises InvalidValueError.
    """

    name: Literal["sites", "users", "groups"]
    columns: tuple[Column, ...]
    derived: Mapping[str, SqlType]
    derive: Callable[[Mapping[str, Any]], Sequence[Value]]
    max_cell_length: int = MAX_CELL_LENGTH

    @cached_property
    def header(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def key(self) -> Column | None:
        return next((column for column in self.columns if column.role is Role.KEY), None)

    @cached_property
    def repeated(self) -> str:
        """The reason for which a row is refused that has the key of an earlier one."""
        return f"an earlier row has the same {'site and name' if self.key is None else self.key.name}"

    @cached_property
    def members_at(self) -> int | None:
        """The place of the members in the row, which are staged in a table of their own."""
        return next((place for place, column in enumerate(self.columns) if column.role is Role.MEMBERS), None)

    @cached_property
    def staged(self) -> dict[str, SqlType]:
        """The columns of the staged rows, in the order of the values that `parse` returns without the members."""
        columns = (column for column in self.columns if column.role is not Role.MEMBERS)
        return {column.stored_as: column.sql_type for column in columns} | dict(self.derived)

    @cached_property
    def stored_attributes(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role is Role.ATTRIBUTE)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The columns of the table that hold what the row says."""
        return (*(column.stored_as for column in self.stored_attributes), *self.derived)

    @cached_property
    def attributes_by_change(self) -> dict[ChangeKind, tuple[str, ...]]:
        """The attributes of groups by the kind of change that the log gets if one of them differs."""
        found: dict[ChangeKind, tuple[str, ...]] = {}
        for column in self.stored_attributes:
            if column.change is not None:
                found[column.change] = (*found.get(column.change, ()), column.stored_as)
        return found

    def parse(self, cells: Sequence[str], region: str | None) -> list[Any]:
        """Return the values of the columns, then the derived ones. Raises RowRefused."""
        try:
            values = [parse(cell) for parse, cell in zip(_parsers(self, region), cells, strict=True)]
            values += self.derive(dict(zip(self.header, values, strict=True)))
        except InvalidValueError as error:
            raise RowRefused(error.message(self._invalid_column(cells, region)).removesuffix(".")) from None
        return values

    def _invalid_column(self, cells: Sequence[str], region: str | None) -> str:
        """Return the name of the first column whose cell is invalid, "the row" if it is the row as a whole."""
        for column, parse, cell in zip(self.columns, _parsers(self, region), cells, strict=True):
            try:
                parse(cell)
            except InvalidValueError:
                return column.name
        return "the row"


@cache
def _parsers(file_format: FileFormat, region: str | None) -> tuple[Callable[[str], Any], ...]:
    return tuple(
        partial(column.parse, region=region) if column.regional else column.parse for column in file_format.columns
    )


def _parse_exemption(cell: str) -> bool:
    exempt = _EXEMPTIONS.get(cell)
    if exempt is None:
        text = cell.strip(WHITE_SPACE).lower()
        exempt = _EXEMPTIONS.get(text)
        if text and exempt is None:
            raise InvalidValueError(f"{{field}} must be one of {', '.join(_EXEMPTIONS)}.")
    return bool(exempt)


_EXEMPTIONS = {
    word: exempt
    for words, exempt in (("true 1 yes y oui o vrai", True), ("false 0 no n non faux", False))
    for word in words.split()
}


def _exempt_cell(exempt: Any) -> str:
    return "true" if exempt else "false"


def _derive_site_columns(site: Mapping[str, Any]) -> Sequence[Value]:
    keys = site_keys(site["name"], site["main_number"])
    check_search_key(keys[-1])
    return keys


def _derive_user_columns(user: Mapping[str, Any]) -> Sequence[Value]:
    first, last = user["first_name"], user["last_name"]
    check_user_name(first, last)
    keys = user_keys(first, last, user["extension"], user["phone_number"], user["email"])
    check_search_key(keys[-1])
    return keys


def _parse_group_name(cell: str) -> str:
    """Return the name, which is checked together with the number of its site."""
    if not storable(cell):
        raise InvalidValueError("{field} holds a control character.")
    return clean_name(cell)


def _parse_members(cell: str) -> list[str]:
    keys = []
    for text in cell.split("|"):
        if text and not text.isspace():
            try:
                keys.append(parse_key(text))
            except InvalidValueError as error:
                raise InvalidValueError(error.message("a key in {field}")) from None
    return list(dict.fromkeys(keys))


SITES = FileFormat(
    "sites",
    (
        Column("site_id", "external_id", parse_key, Role.KEY),
        Column("name", "name", parse_site_name),
        Column("main_number", "main_number", parse_phone_number, regional=True),
    ),
    {"sort_key": "text", "search_key": "text"},
    _derive_site_columns,
)

USERS = FileFormat(
    "users",
    (
        Column("user_id", "external_id", parse_key, Role.KEY),
        Column("site_id", "site", parse_key, Role.SITE),
        Column("first_name", "first_name", parse_name),
        Column("last_name", "last_name", parse_name),
        Column("extension", "extension", parse_extension),
        Column("phone_number", "phone_number", parse_phone_number, regional=True),
        Column("email", "email", parse_email),
        Column("station_type", "station_type", parse_station_type),
        Column("barge_in_exempt", "barge_in_exempt", _parse_exemption, Role.EXEMPTION, "boolean", write=_exempt_cell),
    ),
    {"sort_key": "text", "extension_key": "integer", "search_key": "text"},
    _derive_user_columns,
)

GROUPS = FileFormat(
    "groups",
    (
        Column("site_id", "site", parse_key, Role.SITE),
        Column("name", "name", _parse_group_name, Role.NAME),
        Column("member_ids", "member_ids", _parse_members, Role.MEMBERS),
    ),
    {},
    lambda _group: (),
    MAX_MEMBERS_LENGTH,
)

GROUP_KEYS = ("name_key", "sort_key", "search_key")
"""The columns of a group that are derived when its name is known: a row without a name gets the number of its site."""

FORMATS = (SITES, USERS, GROUPS)
