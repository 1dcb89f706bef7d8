"""Relay connections over pages of rows, and the arguments that every list takes."""

from dataclasses import replace
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import UNSET

from graph.schema.enums import OrderDirection, PickupGroupOrderField, SiteOrderField, UserOrderField
from graph.schema.inputs import PickupGroupOrder, SiteFilter, SiteOrder, UserFilter, UserOrder
from models.domain.phone_numbers import number_of_search
from models.queries.arguments import DEFAULT_PAGE, LARGEST_PAGE, PageArguments
from models.queries.filters import Filter
from models.queries.search_text import MAX_SEARCH_LENGTH, MAX_SEARCH_TERMS

T = TypeVar("T")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="There are rows after this page.")
    has_previous_page: bool = strawberry.field(description="There are rows before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first row; null without rows.")
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last row; null without rows.")


@strawberry.type(description="A row of a page, with its place in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="The row's place in this list and order, for after and before. It stays right while rows come "
        "and go."
    )
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    total_count: int = strawberry.field(
        description="How many rows the whole list has, search and filter applied. Counted only when selected."
    )


First = Annotated[
    int | None,
    strawberry.argument(
        description=f"That many rows from the start, or after the cursor: 0 to {LARGEST_PAGE}. "
        f"{DEFAULT_PAGE} if neither first nor last is given."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Only rows after this cursor of the same list and order.")
]
Last = Annotated[
    int | None,
    strawberry.argument(description=f"That many rows from the end, or before the cursor: 0 to {LARGEST_PAGE}."),
]
Before = Annotated[
    str | None, strawberry.argument(description="Only rows before this cursor of the same list and order.")
]
_SEARCH = (
    "Only rows in whose {text} every term occurs: terms are parted by white space, "
    f"at most {MAX_SEARCH_TERMS} in {MAX_SEARCH_LENGTH} characters. "
    "Case, accents, strokes and ligatures do not matter; apostrophes of all shapes are the same, hyphens and dashes "
    "too; a number is compared by its digits. A whole telephone number, as people write it, also finds the rows that "
    "have it."
)
SiteSearch = Annotated[str | None, strawberry.argument(description=_SEARCH.format(text="name or main number"))]
UserSearch = Annotated[
    str | None,
    strawberry.argument(description=_SEARCH.format(text="names, extension, phone number or email")),
]
GroupSearch = Annotated[str | None, strawberry.argument(description=_SEARCH.format(text="name"))]
_ORDER = "The order of the list: by name if not given."
SitesInOrder = Annotated[SiteOrder | None, strawberry.argument(description=_ORDER)]
UsersInOrder = Annotated[UserOrder | None, strawberry.argument(description=_ORDER)]
GroupsInOrder = Annotated[PickupGroupOrder | None, strawberry.argument(description=_ORDER)]
SitesFiltered = Annotated[SiteFilter | None, strawberry.argument(description="Only the sites that match it.")]
UsersFiltered = Annotated[UserFilter | None, strawberry.argument(description="Only the users that match it.")]
OfSite = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only rows of this site; an id that is not found gives an empty list. "
        "Not given: of every site that you may see."
    ),
]

BY_SITE_NAME = SiteOrder(field=SiteOrderField.NAME)
BY_USER_NAME = UserOrder(field=UserOrderField.NAME)
BY_GROUP_NAME = PickupGroupOrder(field=PickupGroupOrderField.NAME)

# A field that leads to a list has one of the functions below as its resolver: it turns the field's arguments into
# those of a page, for the compiler, which reads the page together with the row that it belongs to.


def list_sites(
    filter: SitesFiltered = UNSET,
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: SiteSearch = UNSET,
    order_by: SitesInOrder = BY_SITE_NAME,
) -> Any:
    return _page(first, after, last, before, search, order_by, filter)


def list_users(
    filter: UsersFiltered = UNSET,
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: UserSearch = UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Any:
    return _page(first, after, last, before, search, order_by, filter)


def list_members(
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: UserSearch = UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Any:
    return _page(first, after, last, before, search, order_by)


def list_pickup_groups(
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
    search: GroupSearch = UNSET,
    order_by: GroupsInOrder = BY_GROUP_NAME,
) -> Any:
    return _page(first, after, last, before, search, order_by)


def list_changes(
    first: First = UNSET,
    after: After = UNSET,
    last: Last = UNSET,
    before: Before = UNSET,
) -> Any:
    return PageArguments(_given(first), _given(after), _given(last), _given(before), order="REVISION")


def with_number(page: PageArguments, region: str | None) -> PageArguments:
    """The arguments with the telephone number that is searched for, if the search is one.

    One without a country code belongs to `region`.
    """
    number = number_of_search(page.search, region) if page.search else None
    return page if number is None else replace(page, number=number)


def _page(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    search: str | None,
    order_by: SiteOrder | UserOrder | PickupGroupOrder | None,
    filter: SiteFilter | UserFilter | None = None,
) -> PageArguments:
    """An argument that is not given is as good as null."""
    order = order_by or BY_USER_NAME
    return PageArguments(
        first=_given(first),
        after=_given(after),
        last=_given(last),
        before=_given(before),
        search=_given(search),
        order=order.field.value,
        descending=order.direction is OrderDirection.DESC,
        filter=_filter(filter) if filter else None,
    )


def _filter(filter: SiteFilter | UserFilter) -> Filter:
    if isinstance(filter, SiteFilter):
        return Filter(_given(filter.external_ids))
    return Filter(_given(filter.external_ids), _given(filter.station_types), _given(filter.pickup_status))


def _given(value: T | None) -> T | None:
    return None if value is UNSET else value
