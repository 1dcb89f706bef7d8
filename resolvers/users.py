"""Users: how their fields are read, and the root fields `user` and `users`."""

from models.pickup_group import PickupGroup
from models.queries.arguments import PageArguments
from models.queries.lists import USERS
from models.site import Site
from models.user import User
from resolvers.json_query.query_field import QueryField
from resolvers.json_query.root_field import Json
from resolvers.json_query.row_type import RowType, Scalar, ToOne

RowType(
    User,
    site=ToOne(Site, "site_key"),
    pickup_group=ToOne(PickupGroup, "pickup_group_key"),
    display_name=Scalar("trim(x.first_name || ' ' || x.last_name)"),
    # A generated column of the table, which the model does not have.
    pickup_status=Scalar("x.pickup_status"),
)


async def read_user(field: QueryField, key: int | None) -> Json:
    return await field.row(User, key)


async def read_users(field: QueryField, page: PageArguments) -> Json:
    """The users of all sites."""
    return await field.connection_of_all(USERS, page)


async def read_users_of_site(field: QueryField, page: PageArguments, site_key: int | None) -> Json:
    return await field.connection(USERS, page, site_key)
