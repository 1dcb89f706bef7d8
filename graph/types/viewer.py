"""The caller as they see themselves."""

import strawberry

from graph.enums import Permission


@strawberry.type(description="Who is asking, and what they may do.")
class Viewer:
    subject: str = strawberry.field(description="The subject of the token; `anonymous` on an open server.")
    permissions: list[Permission] = strawberry.field(description="What the token permits on the sites that it grants.")
