"""The Subscription root: live changes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.context import Context
from graph.execution.loading import MAY_NOT_READ, wanted_of
from graph.schema.ids import decode_key
from graph.schema.types.change import Change
from models.change import Change as Row
from models.errors import Forbidden
from resolvers.subscriptions import follow_site

SiteId = Annotated[strawberry.ID, strawberry.argument(description="The site to follow.")]
AfterRevision = Annotated[
    int | None,
    strawberry.argument(
        description="The last revision that you have seen: the changes after it come first. Not given: from now on."
    ),
]


async def changes(
    info: Info[Context, Any], site_id: SiteId, after_revision: AfterRevision = strawberry.UNSET
) -> AsyncGenerator[Any, None]:
    context = info.context
    if not context.caller.may_read:
        raise Forbidden(MAY_NOT_READ)
    site_key = decode_key("Site", site_id)
    after = None if after_revision is strawberry.UNSET else after_revision
    if context.last_event_id is not None:
        after = context.last_event_id
    recorded = await follow_site(context.database, context.caller, site_key, after, wanted_of(info))
    return _seen(recorded, site_key or 0, context)


async def _seen(recorded: AsyncGenerator[Row, None], site_key: int, context: Context) -> AsyncGenerator[Row, None]:
    """The changes, of which the caller has then seen the revisions: what they ask next is not older."""
    async with aclosing(recorded) as changes:
        async for change in changes:
            context.seen[site_key] = context.event_revision = change.revision
            yield change


@strawberry.type(description="What can be followed live, over graphql-transport-ws or server-sent events.")
class Subscription:
    changes: AsyncGenerator[Change, None] = strawberry.subscription(
        resolver=changes,
        description="The changes of a site in the order of their revisions, none missed and none twice, whoever makes "
        "them. The stream ends when the token expires.",
    )
