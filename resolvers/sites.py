"""Sites: how their fields are read, and the root fields `site` and `sites`."""

from models.queries.arguments import PageArguments
from models.queries.lists import CHANGES, PICKUP_GROUPS, SITES, USERS
from models.site import Site
from resolvers.json_query.query_field import QueryField
from resolvers.json_query.root_field import Json
from resolvers.json_query.row_type import RowType, ToMany

RowType(
    Site,
    site_column="id",
    users=ToMany(USERS),
    pickup_groups=ToMany(PICKUP_GROUPS),
    changes=ToMany(CHANGES),
)


async def read_site(field: QueryField, key: int | None) -> Json:
    return await field.row(Site, key)


async def read_sites(field: QueryField, page: PageArguments) -> Json:
    return await field.connection_of_all(SITES, page)
