"""The Node interface: everything that has a global id."""

import strawberry


@strawberry.interface(description="An object with an id by which it can be found again.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The global id, unique over all types and opaque: the argument of `node`."
    )
