"""A caller's grant as SQL: what lies outside it does not exist for them, in every query."""

from models.caller import Caller
from models.queries.pagination import Condition
from models.queries.statement import Asked, Statement


def granted_sites(caller: Caller) -> Condition | None:
    """The condition that a row of the table sites is granted; None where every site is."""
    if caller.sites is None:
        return None
    sites = Asked(caller, lambda one: sorted(one.sites))
    return lambda statement: f"sites.external_id IN {statement.texts(sites)}"


def granted(statement: Statement, caller: Caller, site_column: str) -> str:
    """The condition, in words of SQL, that a site's key is that of a granted one."""
    condition = granted_sites(caller)
    if condition is None:
        return "TRUE"
    return f"{site_column} IN (SELECT sites.id FROM sites WHERE {condition(statement)})"


def visible(caller: Caller, site_column: str) -> Condition:
    """The condition that a row of a list is of a granted site, whose key is in that column."""
    return lambda statement: granted(statement, caller, f"x.{site_column}")
