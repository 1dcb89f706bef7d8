"""Rows of sites and users as a caller gives them, checked and turned into the columns that are stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from models.database.failures import WriteConflict
from models.database.sessions import Transaction
from models.domain import directory_values as values
from models.domain.directory_rules import invalid_value, key_is_first
from models.domain.rules import Violation
from models.queries.row_keys import site_keys, user_keys
from models.user import StationType

SITE_FIELDS = ("externalId", "name", "mainNumber")
USER_FIELDS = (
    "externalId",
    "siteExternalId",
    "firstName",
    "lastName",
    "extension",
    "phoneNumber",
    "email",
    "stationType",
    "bargeInExempt",
)
"""The fields of the rows in the schema, in the order in which violations are reported."""

SITE_COLUMNS = {"name": "text", "main_number": "text", "sort_key": "text", "search_key": "text"}
USER_COLUMNS = {
    "first_name": "text",
    "last_name": "text",
    "extension": "text",
    "phone_number": "text",
    "email": "text",
    "station_type": "text",
    "sort_key": "text",
    "extension_key": "integer",
    "search_key": "text",
}
"""The columns that hold what a row says, with their types; beside them keys, and the exemption of a user."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    external_id: str
    name: str
    main_number: str | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    external_id: str
    site_external_id: str
    station_type: StationType
    first_name: str = ""
    last_name: str = ""
    extension: str | None = None
    phone_number: str | None = None
    email: str | None = None
    barge_in_exempt: bool = False


@dataclass(slots=True)
class ParsedRow:
    """A row at its place. If it has violations, `columns` is empty, and a key that is not valid is None.

    `given_key` and `given_site` are the keys as the caller gave them. `duplicate`: an earlier row has the same key.
    """

    path: tuple[str, str]
    given_key: str
    given_site: str = ""
    key: str | None = None
    site: str | None = None
    exempt: bool = False
    duplicate: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What a message calls the row as a whole."""
        return f"{self.path[0]}[{self.path[1]}]"

    def parse(self, name: str, parse: Callable[[str], Any], text: str | None) -> Any:
        """The value of a field; None, and a violation, if it is not valid. A text that is not given is empty."""
        try:
            return parse(text or "")
        except values.InvalidValueError as error:
            self.violations.append(invalid_value(error, (*self.path, name), name))
            return None

    def check_key(self, seen: set[str]) -> None:
        repeated = list(key_is_first(seen, self.key, *self.path, "externalId"))
        self.duplicate = bool(repeated)
        self.violations += repeated


def parse_site_rows(rows: Sequence[SiteRow], region: str | None) -> list[ParsedRow]:
    """`region` is the country of telephone numbers without a country code."""
    seen: set[str] = set()
    return [
        _parse_site(ParsedRow(("sites", str(place)), row.external_id), row, region, seen)
        for place, row in enumerate(rows)
    ]


def _parse_site(parsed: ParsedRow, row: SiteRow, region: str | None, seen: set[str]) -> ParsedRow:
    parsed.key = parsed.parse("externalId", values.parse_key, row.external_id)
    parsed.check_key(seen)
    name = parsed.parse("name", values.parse_site_name, row.name)
    number = parsed.parse("mainNumber", lambda text: values.parse_phone_number(text, region), row.main_number)
    if not parsed.violations:
        keys = site_keys(name, number)
        _check_search_key(parsed, keys[-1])
        parsed.columns = dict(zip(SITE_COLUMNS, (name, number, *keys), strict=True))
    return parsed


def parse_user_rows(rows: Sequence[UserRow], region: str | None) -> list[ParsedRow]:
    seen: set[str] = set()
    return [
        _parse_user(ParsedRow(("users", str(place)), row.external_id, row.site_external_id), row, region, seen)
        for place, row in enumerate(rows)
    ]


def _parse_user(parsed: ParsedRow, row: UserRow, region: str | None, seen: set[str]) -> ParsedRow:
    parsed.key = parsed.parse("externalId", values.parse_key, row.external_id)
    parsed.check_key(seen)
    parsed.site = parsed.parse("siteExternalId", values.parse_key, row.site_external_id)
    parsed.exempt = row.barge_in_exempt
    first = parsed.parse("firstName", values.parse_name, row.first_name)
    last = parsed.parse("lastName", values.parse_name, row.last_name)
    extension = parsed.parse("extension", values.parse_extension, row.extension)
    number = parsed.parse("phoneNumber", lambda text: values.parse_phone_number(text, region), row.phone_number)
    email = parsed.parse("email", values.parse_email, row.email)
    _check_user_name(parsed, first, last)
    if not parsed.violations:
        keys = user_keys(first, last, extension, number, email)
        _check_search_key(parsed, keys[-1])
        stored = (first, last, extension, number, email, row.station_type.value, *keys)
        parsed.columns = dict(zip(USER_COLUMNS, stored, strict=True))
    return parsed


def _check_user_name(parsed: ParsedRow, first: str | None, last: str | None) -> None:
    if first is None or last is None:
        return
    try:
        values.check_user_name(first, last)
    except values.InvalidValueError as error:
        parsed.violations.append(invalid_value(error, (*parsed.path, "lastName"), parsed.name))


def _check_search_key(parsed: ParsedRow, key: str) -> None:
    try:
        values.check_search_key(key)
    except values.InvalidValueError as error:
        parsed.violations.append(invalid_value(error, parsed.path, parsed.name))


async def insert_rows(
    transaction: Transaction, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> dict[str, int]:
    """Insert rows of these columns, the first of which is `external_id`; return their keys by it.

    They are inserted in the order of their external ids: two calls that add the same rows wait for each other in one
    direction. Raises WriteConflict if one of them is stored by now.
    """
    statement = transaction.statement()
    names, given = ", ".join(columns), sorted(rows, key=itemgetter(0))
    sql = (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {statement.rows(given, columns)} "
        "WHERE TRUE ON CONFLICT (external_id) DO NOTHING RETURNING id, external_id"
    )
    records = await transaction.fetch(sql, statement.values)
    if len(records) < len(rows):
        raise WriteConflict
    return {record["external_id"]: record["id"] for record in records}
