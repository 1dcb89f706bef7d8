"""Pickup groups as clients see them."""

from typing import Any

import strawberry

from graph.schema.connections import Connection, page_of_members
from graph.schema.read_ahead import read_ahead
from graph.schema.scalars import DateTime
from graph.schema.types.node import Node
from graph.schema.types.site import Site
from graph.schema.types.user import User
from models.pickup_group import PickupGroup as PickupGroupRow


@strawberry.type(description="Users of one site who may answer the calls that ring on one another's telephones.")
class PickupGroup(Node):
    site: Site = strawberry.field(resolver=read_ahead, description="The site that the group belongs to.")
    name: str = strawberry.field(description="Its name, unique on the site in any letter case.")
    version: int = strawberry.field(description="1 at creation, one more with every change to the group.")
    member_count: int = strawberry.field(description="How many members it has.")
    members: Connection[User] = strawberry.field(resolver=page_of_members, description="The users in the group.")
    available_users: Connection[User] = strawberry.field(
        resolver=page_of_members,
        description="The users who could join: those of the site with an eligible station who are in no group.",
    )
    created_at: DateTime = strawberry.field(description="When it was made.")
    updated_at: DateTime = strawberry.field(description="When it was last changed.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, PickupGroupRow)
