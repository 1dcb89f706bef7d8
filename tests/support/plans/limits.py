"""The limits of the plan of each query, and the plans that are known to exceed them."""

from tests.support.plans.problems import PlanLimits
from tests.support.plans.queries import RARE, SEARCHES, ListQuery
from tests.support.plans.rows import LENGTHS, ORDINARY, TIED_SITE

PAGE = 3

FEW = 5 * (PAGE + 1)
"""Rows that may be read for a page without conditions: a few times those that it has."""

DEPTH = 100
"""How many rows lie between the cursors and the end of a list. With conditions they may be looked through."""


def limits_of(query: ListQuery, dialect: str) -> PlanLimits:
    return PlanLimits(
        _rows(query, dialect),
        _page_rows(query),
        _lists(query),
        scan=query.over_all_sites and (query.counted or bool(query.condition)),
        covered=query.counted
        and query.listed.field in {"users", "pickupGroups"}
        and query.condition in {"", *SEARCHES, "rare station"},
    )


def known_problem(query: ListQuery, dialect: str) -> str:
    """Why the plan of a query exceeds its limits, "" if it must not."""
    by_ids = query.condition in {"ids", "ids and status"} and query.listed.row == "User"
    if dialect == "sqlite" and query.site == TIED_SITE:
        return "SQLite compares a cursor by the first column of an index alone, and passes over all rows that tie"
    correlated = query.name == "Site.users" and query.around.startswith("sites")
    found = by_ids or (query.condition in RARE and query.listed.row == "User")
    if dialect == "postgres" and found and (query.over_granted_sites or correlated):
        return "PostgreSQL plans without knowing which site is read, as if it were one of the many small ones"
    return ""


def _rows(query: ListQuery, dialect: str) -> int:
    """How many rows a step of the plan may read.

    No index leads to what is searched or filtered over all sites: such a list may read every row, but each once at
    most. On SQLite it reads the indexes of the sites in turn; on PostgreSQL the trigrams of all, or if they do not
    help, the rows in the order asked for. Sites themselves are few, and have no index of their texts.
    """
    few = _page_rows(query)
    if query.condition in {"ids", "ids and status"}:
        # Each is looked up.
        return few
    if query.condition in RARE and query.listed.field == "users" and dialect == "postgres":
        # The trigrams lead to it.
        return max(few, _length(query) // 10)
    in_order = not query.condition or (query.condition == "status" and not query.over_all_sites)
    if in_order and not query.counted:
        # An index has just these rows in just this order.
        return few
    # A count reads them all; a search and a filter by station read them in their order, until the page is full. The
    # look beyond a cursor of a list over all sites is in the same statement.
    times = 2 if dialect == "sqlite" and query.over_all_sites and not query.counted else 1
    return max(few, _length(query) * query.lists * times)


def _length(query: ListQuery) -> int:
    """How many rows the list, or each of the lists, has at most."""
    if not query.over_granted_sites:
        return LENGTHS[query.name]
    return LENGTHS.get(f"{query.name} of site", 0) + 3 * max(ORDINARY.users, ORDINARY.groups)


def _page_rows(query: ListQuery) -> int:
    return (FEW + (DEPTH if query.condition else 0)) * _lists(query)


def _lists(query: ListQuery) -> int:
    """A list over granted sites is merged from that of each."""
    return 3 if query.over_granted_sites else query.rows
