"""Users as clients see them."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from graph.schema.enums import PickupStatus, StationType
from graph.schema.read_ahead import read_ahead
from graph.schema.types.node import Node
from graph.schema.types.site import Site
from models.user import User as UserRow

if TYPE_CHECKING:
    from graph.schema.types.pickup_group import PickupGroup


@strawberry.type(description="A user of a site, with their telephone.")
class User(Node):
    external_id: str = strawberry.field(description="The key of the user in the upstream directory, unique.")
    site: Site = strawberry.field(resolver=read_ahead, description="The site that the user belongs to.")
    first_name: str = strawberry.field(description="The first name.")
    last_name: str = strawberry.field(description="The last name.")
    display_name: str = strawberry.field(description="The first and the last name.")
    extension: str | None = strawberry.field(description="The number to dial within the site.")
    phone_number: str | None = strawberry.field(description="The direct number, E.164.")
    email: str | None = strawberry.field(description="The email address.")
    station_type: StationType = strawberry.field(description="What the site has bought for the user's telephone.")
    barge_in_exempt: bool = strawberry.field(
        description="Nobody may barge in on the user's calls. Joining a pickup group ends it; never true of a member."
    )
    pickup_status: PickupStatus = strawberry.field(description="Where the user stands towards pickup groups.")
    pickup_group: Annotated["PickupGroup", strawberry.lazy("graph.schema.types.pickup_group")] | None = (
        strawberry.field(resolver=read_ahead, description="The pickup group that the user is in, if any.")
    )

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, UserRow)
