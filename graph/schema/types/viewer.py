"""The caller as they see themselves."""

from typing import Self

import strawberry

from graph.schema.enums import Permission
from models.caller import Caller


@strawberry.type(description="Who is asking, and what they may do.")
class Viewer:
    subject: str = strawberry.field(description="The subject of the token; `anonymous` on an open server.")
    permissions: list[Permission] = strawberry.field(description="What the token permits on the sites that it grants.")

    @classmethod
    def of(cls, caller: Caller) -> Self:
        return cls(subject=caller.subject, permissions=sorted(caller.permissions, key=lambda one: one.value))
