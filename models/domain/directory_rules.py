"""The rules of the directory's mutations: one function for each, which yields a violation if the rule is broken.

`path` leads to the row or key at fault: ("users", "3", "phoneNumber"), ("externalIds", "0").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.domain import directory_values
from models.domain.rules import NotFound, Rule, Violation
from models.errors import N_


@dataclass(kw_only=True)
class InvalidValue(Violation):
    """A value cannot be stored."""


@dataclass(kw_only=True)
class DuplicateRow(Violation):
    """An earlier row has the same key."""


@dataclass(kw_only=True)
class SiteInUse(Violation):
    site_key: int


def invalid_value(error: directory_values.InvalidValueError, path: tuple[str, ...], field: str) -> Violation:
    """The violation of a value that does not parse; `field` is what its message calls it."""
    values = {**error.values, "field": field}
    return InvalidValue(rule=Rule.INVALID_VALUE, path=path, template=error.template, values=values)


def key_is_first(seen: set[str], key: str | None, *path: str) -> Iterator[Violation]:
    """No earlier row has the same key. `seen` are the keys so far, which this one joins."""
    if key is None:
        return
    if key in seen:
        template = N_("An earlier row of this call has the key {key}. Send one row for each key.")
        yield DuplicateRow(rule=Rule.DUPLICATE_ROW, path=path, template=template, values={"key": key})
    seen.add(key)


def site_is_granted(key: str, granted: bool, *path: str) -> Iterator[Violation]:
    """The caller may provision a site with this key, stored or new."""
    if not granted:
        yield NotFound(rule=Rule.NOT_FOUND, path=path, template=N_("Your token grants no site with this key."), id=key)


def site_exists(key: str, found: object, *path: str) -> Iterator[Violation]:
    """The site is stored, and the caller may see it."""
    if found is None:
        yield NotFound(rule=Rule.NOT_FOUND, path=path, template=N_("There is no site with this key."), id=key)


def user_exists(key: str, found: object, *path: str) -> Iterator[Violation]:
    """The user is stored, and the caller may see them."""
    if found is None:
        yield NotFound(rule=Rule.NOT_FOUND, path=path, template=N_("There is no user with this key."), id=key)


def key_is_not_elsewhere(key: str, elsewhere: bool, *path: str) -> Iterator[Violation]:
    """The key is not that of a user of a site that is not granted."""
    if elsewhere:
        template = N_("This key belongs to a user of a site that your token does not grant.")
        yield NotFound(rule=Rule.NOT_FOUND, path=path, template=template, id=key)


def site_is_unused(site_key: int, name: str, in_use: bool, *path: str) -> Iterator[Violation]:
    """The site has neither users nor groups."""
    if in_use:
        template = N_("The site {name} still has users or pickup groups. Remove them first.")
        yield SiteInUse(rule=Rule.SITE_IN_USE, path=path, template=template, values={"name": name}, site_key=site_key)


def in_order(violations: Sequence[Violation], fields: Sequence[str]) -> list[Violation]:
    """The violations by the places of their rows, and in a row by these fields; those of a whole row come last."""

    def place(violation: Violation) -> tuple[int, int]:
        _, row, *field = violation.path
        return int(row), fields.index(field[0]) if field else len(fields)

    return sorted(violations, key=place)
