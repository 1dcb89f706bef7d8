"""Relay connections over pages of rows, and the arguments that every list takes."""

from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry.types import Info

from graph.schema.enums import PickupGroupOrderField, SiteOrderField, UserOrderField
from graph.schema.inputs import PickupGroupOrder, SiteFilter, SiteOrder, UserFilter, UserOrder
from graph.schema.read_ahead import read_ahead
from models.queries.pagination import DEFAULT_PAGE, LARGEST_PAGE
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
    node: T = strawberry.field(resolver=read_ahead, description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(resolver=read_ahead, description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(resolver=read_ahead, description="The rows alone.")
    page_info: PageInfo = strawberry.field(resolver=read_ahead, description="Where the page lies in the list.")
    total_count: int = strawberry.field(
        description="How many rows the whole list has, search and filter applied. Counted only when selected."
    )


First = Annotated[
    int | None,
    strawberry.argument(
        description=f"That many rows from the start, or after the cursor: 0 to {LARGEST_PAGE}. "
        f"{DEFAULT_PAGE} where neither first nor last is given."
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
    "Case, accents, strokes and ligatures do not matter; a number is compared by its digits."
)
SiteSearch = Annotated[str | None, strawberry.argument(description=_SEARCH.format(text="name or main number"))]
UserSearch = Annotated[
    str | None,
    strawberry.argument(description=_SEARCH.format(text="names, extension, phone number or email")),
]
GroupSearch = Annotated[str | None, strawberry.argument(description=_SEARCH.format(text="name"))]
_ORDER = "The order of the list: by name where not given."
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

# The resolvers below state the arguments of the lists for the schema. Their values were read by the look-ahead,
# which loads the page together with the row that it hangs on.


def page_of_sites(
    root: Any,
    info: Info,
    filter: SitesFiltered = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: SiteSearch = strawberry.UNSET,
    order_by: SitesInOrder = BY_SITE_NAME,
) -> Any:
    return read_ahead(root, info)


def page_of_users(
    root: Any,
    info: Info,
    filter: UsersFiltered = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: UserSearch = strawberry.UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Any:
    return read_ahead(root, info)


def page_of_members(
    root: Any,
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: UserSearch = strawberry.UNSET,
    order_by: UsersInOrder = BY_USER_NAME,
) -> Any:
    return read_ahead(root, info)


def page_of_groups(
    root: Any,
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    search: GroupSearch = strawberry.UNSET,
    order_by: GroupsInOrder = BY_GROUP_NAME,
) -> Any:
    return read_ahead(root, info)


def page_of_changes(
    root: Any,
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Any:
    return read_ahead(root, info)
