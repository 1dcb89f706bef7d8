"""Errors of the domain that a client may read: a code, an English template and its values."""

import json
from collections.abc import Callable
from typing import ClassVar, Self


def N_(template: str) -> str:
    """Mark a template for the translation catalogues; `localized` translates it."""
    return template


class PickupError(Exception):
    """An error that a client may read.

    `template` is the English text with `{named}` fields, and the key of its translations; `values` fill the fields.
    """

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template = template
        self.values = values

    def localized(self, translate: Callable[[str], str]) -> str:
        """Return the text in the language of `translate`, a gettext function."""
        return translate(self.template).format(**self.values)


class BadInput(PickupError):
    """The input is malformed: a number out of range, an invalid cursor, a list that is too long."""

    code = "BAD_USER_INPUT"


class BadArgument(BadInput):
    """An argument of a field is wrong. The message begins with the field, once `at` has named it."""

    field = ""

    def __init__(self, argument: str, value: object, template: str, **values: object) -> None:
        """A list is not quoted in the message."""
        super().__init__(template, **values)
        self.argument = argument
        self.value = value

    def at(self, field: str) -> Self:
        """The error, as one of this field; an inner field that is named already stays."""
        self.field = self.field or field
        return self

    def localized(self, translate: Callable[[str], str]) -> str:
        message = super().localized(translate)
        if not self.field:
            return message
        if isinstance(self.value, list):
            return f"{self.field}({self.argument}): {message}"
        value = json.dumps(self.value, ensure_ascii=False)
        if len(value) > _LONGEST_VALUE:
            value = f"{value[:_LONGEST_VALUE]}…"
        return f"{self.field}({self.argument}: {value}): {message}"


_LONGEST_VALUE = 60
"""Characters of a wrong value that its message quotes."""


class Unauthenticated(PickupError):
    """The request carries no valid token."""

    code = "UNAUTHENTICATED"


class Forbidden(PickupError):
    """The caller lacks the permission."""

    code = "FORBIDDEN"


class NotFoundError(PickupError):
    """The node does not exist, or the caller must not see it."""

    code = "NOT_FOUND"


class TooCostly(PickupError):
    """The document exceeds a limit on its depth, cost, tokens or operations."""

    code = "QUERY_TOO_COSTLY"


class TimedOut(PickupError):
    """The request exceeded its time limit."""

    code = "TIMEOUT"


class Unavailable(PickupError):
    """The database cannot be reached, or more is asked for than can be served."""

    code = "UNAVAILABLE"


class Busy(Unavailable):
    """More is asked for at the moment than can be served; nothing was done. `retry_after_s` is advice."""

    def __init__(self, template: str, *, retry_after_s: int = 1) -> None:
        super().__init__(template)
        self.retry_after_s = retry_after_s
