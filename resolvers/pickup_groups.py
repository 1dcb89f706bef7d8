"""Pickup groups: how their fields are read, and the root fields `pickupGroup` and `pickupGroups`."""

from models.pickup_group import PickupGroup
from models.queries.arguments import PageArguments
from models.queries.lists import AVAILABLE_USERS, CHANGES_OF_GROUP, MEMBERS, PICKUP_GROUPS
from models.site import Site
from resolvers.json_query.query_field import QueryField
from resolvers.json_query.root_field import Json
from resolvers.json_query.row_type import Kind, RowType, Scalar, ToMany, ToOne

RowType(
    PickupGroup,
    site=ToOne(Site, "site_key"),
    members=ToMany(MEMBERS),
    # One list for each site, whatever the group.
    available_users=ToMany(AVAILABLE_USERS, "site_key"),
    changes=ToMany(CHANGES_OF_GROUP),
    member_count=Scalar("(SELECT count(*) FROM users WHERE users.pickup_group_id = x.id)", Kind.NUMBER),
)


async def read_pickup_group(field: QueryField, key: int | None) -> Json:
    return await field.row(PickupGroup, key)


async def read_pickup_groups(field: QueryField, page: PageArguments) -> Json:
    """The pickup groups of all sites."""
    return await field.connection_of_all(PICKUP_GROUPS, page)


async def read_pickup_groups_of_site(field: QueryField, page: PageArguments, site_key: int | None) -> Json:
    return await field.connection(PICKUP_GROUPS, page, site_key)
