"""The Subscription root: live changes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.types import Info

from graph.context import Context
from graph.schema.ids import decode_key
from graph.schema.types import Change
from resolvers.subscriptions import ChangeEvent, follow_site

SiteId = Annotated[strawberry.ID, strawberry.argument(description="The site whose changes you want.")]
AfterRevision = Annotated[
    int | None,
    strawberry.argument(
        description="The last revision that you have seen; stored changes after it come first. By default only "
        "new changes."
    ),
]


async def changes(
    info: Info[Context, Any], site_id: SiteId, after_revision: AfterRevision = UNSET
) -> AsyncGenerator[Any, None]:
    context = info.context
    site_key = decode_key("Site", site_id)
    after = None if after_revision is UNSET else after_revision
    if context.last_event_id is not None:
        after = context.last_event_id
    root = context.readable(info.path.key)
    events = await follow_site(context.database, root, site_key, after, context.changes_at_a_time)
    return _seen(events, site_key or 0, context)


async def _seen(
    events: AsyncGenerator[ChangeEvent, None], site_key: int, context: Context
) -> AsyncGenerator[Any, None]:
    """The changes; what the caller reads after one is not older than its revision."""
    async with aclosing(events):
        async for revision, json in events:
            context.min_revisions[site_key] = context.event_revision = revision
            yield json


@strawberry.type(description="Live events, over graphql-transport-ws or server-sent events.")
class Subscription:
    changes: AsyncGenerator[Change, None] = strawberry.subscription(
        resolver=changes,
        description="Changes of a site in the order of their revisions, each exactly once. The stream ends when the "
        "token expires.",
    )
