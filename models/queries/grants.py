"""A caller's grant as SQL: what lies outside it does not exist for the caller, in every statement."""

from typing import Any

from models.caller import Caller
from models.queries.filters import Condition
from models.queries.statement import Parameter, Statement, StatementBuilder, StatementTemplate

_GRANTED: Parameter[Any] = Parameter(lambda request: sorted(request.caller.sites))


def granted(statement: Statement, caller: Caller, site_column: str) -> str:
    """The condition that the key in `site_column` is that of a granted site, for a statement that is run once."""
    return "TRUE" if caller.sites is None else _within(statement, sorted(caller.sites), site_column)


def visible(site_column: str, *, after_lookup: bool = False) -> Condition:
    """The condition that the row x is of a granted site, for a compiled statement of callers with a grant of sites.

    `after_lookup`: another condition finds the few rows. The `+` keeps SQLite from reading those of all sites instead.
    """
    column = f"{'+' if after_lookup else ''}x.{site_column}"
    return Condition(lambda statement: _within(statement, _GRANTED, column))


def granted_site(statement: StatementTemplate[Any], key: str) -> str:
    """The SELECT of the key of a site, if it is granted, for a compiled statement of callers with a grant of sites."""
    return f"SELECT sites.id FROM sites WHERE sites.id = {key} AND sites.external_id IN {statement.texts(_GRANTED)}"


GRANTED_SITES = Condition(lambda statement: f"sites.external_id IN {statement.texts(_GRANTED)}")
"""The condition that a row of the table sites is granted."""


def _within(statement: StatementBuilder[Any], external_ids: Any, site_column: str) -> str:
    sites = f"SELECT sites.id FROM sites WHERE sites.external_id IN {statement.texts(external_ids)}"
    return f"{site_column} IN ({sites})"
