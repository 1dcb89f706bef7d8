"""The context of a request: Strawberry's `info.context`, for every resolver."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.database.database import Database
from models.errors import N_, Forbidden
from resolvers.json_query.query_field import QueryField
from resolvers.json_query.query_reader import QueryReader
from resolvers.json_query.root_field import Json, RootField
from resolvers.subscriptions import BATCH
from resolvers.transactions import MutationContext, MutationResult

MAY_NOT_READ = N_("Your token does not permit reading: it needs the permission READ.")
MAY_NOT_WRITE = N_("Your token does not permit changes: it needs the permission WRITE.")
MAY_NOT_PROVISION = N_("Your token does not permit changes of sites and users: it needs the permission PROVISION.")

SelectRootField = Callable[[str, Caller], RootField]
"""The root field under a response key, with what is selected below it. Raises BadArgument."""


@dataclass(slots=True)
class Context:
    """One for each request, or for each operation of a WebSocket.

    `translate` is the gettext function of the caller's language. `min_revisions` are revisions that the caller knows,
    by the keys of sites: what the caller reads is not older. `committed` are the response keys of the mutations that
    were committed; if `cancelled`, no other begins. `event_revision` is the revision of the last event of `changes`,
    which begin after `last_event_id`, if there is one; `changes_at_a_time` are read. `default_region` is the country of
    telephone numbers without a country code.
    """

    database: Database
    caller: Caller
    request_id: str
    translate: Callable[[str], str]
    min_revisions: dict[int, int] = field(default_factory=dict)
    default_region: str | None = None
    committed: list[str] = field(default_factory=list)
    cancelled: bool = False
    event_revision: int | None = None
    last_event_id: int | None = None
    changes_at_a_time: int = BATCH
    run_on_thread: Callable[..., Awaitable[Any]] | None = None
    """Runs a function with its arguments beside the event loop, for a caller; None: on it."""
    _select: SelectRootField | None = None
    _reader: QueryReader | None = None

    def start(self, select: SelectRootField, *, alone: bool) -> None:
        """An operation begins; `alone` if one root field at most reads from the database."""
        self._select = select
        self._reader = QueryReader(self.database, alone, self.min_revisions, self.caller)

    def readable(self, response_key: str | int) -> RootField:
        """The root field under this key. Raises Forbidden for a caller who may not read, and BadArgument."""
        if not self.caller.may_read:
            raise Forbidden(MAY_NOT_READ)
        return self._root_field(response_key)

    def query_field(self, response_key: str | int) -> QueryField:
        """The same, with what reads for it."""
        assert self._reader is not None
        return QueryField(self.readable(response_key), self._reader)

    async def mutate(
        self, response_key: str | int, run: Callable[[MutationContext], Awaitable[MutationResult]]
    ) -> Json:
        """The payload of a mutation. Raises Forbidden for a caller who may not change anything, and BadArgument."""
        if not self.caller.may_write:
            raise Forbidden(MAY_NOT_WRITE)
        return await self._mutate(response_key, run)

    async def provision(
        self, response_key: str | int, run: Callable[[MutationContext], Awaitable[MutationResult]]
    ) -> Json:
        """The same of a mutation of the directory."""
        if not self.caller.may_provision:
            raise Forbidden(MAY_NOT_PROVISION)
        return await self._mutate(response_key, run)

    async def _mutate(
        self, response_key: str | int, run: Callable[[MutationContext], Awaitable[MutationResult]]
    ) -> Json:
        task = asyncio.current_task()
        if self.cancelled or (task is not None and task.cancelling()):
            # Cancelled while the mutation before this one was committed, and so too late for that one.
            raise asyncio.CancelledError
        mutation = MutationContext(self.database, self._root_field(response_key), self.translate)
        result = await run(mutation)
        if result.committed:
            self.committed.append(str(response_key))
        self.min_revisions.update(result.site_revisions)
        assert result.payload is not None
        return result.payload

    def _root_field(self, response_key: str | int) -> RootField:
        assert self._select is not None
        return self._select(str(response_key), self.caller)
