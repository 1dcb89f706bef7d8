"""Sites as clients see them."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from graph.schema.connections import Connection, page_of_changes, page_of_groups, page_of_users
from graph.schema.types.node import Node
from models.site import Site as SiteRow

if TYPE_CHECKING:
    from graph.schema.types.change import Change
    from graph.schema.types.pickup_group import PickupGroup
    from graph.schema.types.user import User


@strawberry.type(description="A place of the customer's, with its own users and pickup groups.")
class Site(Node):
    external_id: str = strawberry.field(description="The key of the site in the upstream directory, unique.")
    name: str = strawberry.field(description="Its name.")
    main_number: str | None = strawberry.field(
        description="Its lead number, E.164; the name that an import gives a group without one."
    )
    revision: int = strawberry.field(
        description="The number of the site's last change; it rises by one with every change."
    )
    users: Connection[Annotated["User", strawberry.lazy("graph.schema.types.user")]] = strawberry.field(
        resolver=page_of_users, description="The users of the site."
    )
    pickup_groups: Connection[Annotated["PickupGroup", strawberry.lazy("graph.schema.types.pickup_group")]] = (
        strawberry.field(resolver=page_of_groups, description="The pickup groups of the site.")
    )
    changes: Connection[Annotated["Change", strawberry.lazy("graph.schema.types.change")]] = strawberry.field(
        resolver=page_of_changes, description="The site's history, oldest first, without a gap."
    )

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, SiteRow)
