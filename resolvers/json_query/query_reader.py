"""Reads what the root fields of one query ask for, all as of one moment."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from models.caller import Caller
from models.database.database import Database
from models.database.sessions import MinRevisions, Records, Session
from models.queries.request import QueryRequest, RequestStatement
from resolvers.json_query.compiled_query import ANSWER, KEY, CompiledQuery
from resolvers.json_query.execution import ForeignCursorError, check_cursors, fetch_answers

Answers = dict[int, str]
"""JSON texts by their keys; under 0 the only one of a query without keys."""

Query = tuple[CompiledQuery, QueryRequest]


@dataclass(slots=True)
class QueryReader:
    """Reads for the root fields of one query.

    They are resolved at the same time: the first of several waits until all of them have asked, then reads for all in
    one snapshot. So a site's revision is that of the list beside it. `min_revisions` are revisions by the keys of
    sites: what is read is not older.
    """

    database: Database
    alone: bool
    """Whether one root field of the query reads, at most."""
    min_revisions: MinRevisions
    caller: Caller
    _waiting: list[tuple[Sequence[Query], asyncio.Future[list[Answers]]]] = field(default_factory=list)

    async def read_one(self, query: CompiledQuery, request: QueryRequest) -> str:
        """The answer of a query that gives one. Raises ForeignCursorError."""
        if not self.alone or query.follow_ups:
            (answers,) = await self.read([(query, request)])
            (answer,) = answers.values()
            return answer
        (record,) = await self._fetch(query.statement, request)
        json: str = record[ANSWER]
        check_cursors(json)
        return json

    async def read(self, queries: Sequence[Query]) -> list[Answers]:
        """The answers of each query. Raises ForeignCursorError."""
        if self.alone:
            return await self._read(queries)
        answered: asyncio.Future[list[Answers]] = asyncio.get_running_loop().create_future()
        self._waiting.append((queries, answered))
        if len(self._waiting) == 1:
            waiting = self._waiting
            try:
                # One turn of the loop, in which every other root field asks.
                await asyncio.sleep(0)
                await self._read_waiting()
            finally:
                # If this field is cancelled, no other reads for those that wait.
                self._waiting = []
                for _, other in waiting:
                    other.cancel()
        return await answered

    async def _read(self, queries: Sequence[Query]) -> list[Answers]:
        if len(queries) == 1 and not queries[0][0].follow_ups:
            ((query, request),) = queries
            answers = {record.get(KEY, 0): record[ANSWER] for record in await self._fetch(query.statement, request)}
            for answer in answers.values():
                check_cursors(answer)
            return [answers]

        async def body(session: Session) -> list[Answers]:
            return [await fetch_answers(session, query, request) for query, request in queries]

        return await self.database.query(body, min_revisions=self.min_revisions, caller=self.caller.share)

    def _fetch(self, statement: RequestStatement, request: QueryRequest) -> Awaitable[Records]:
        values = statement.values(request)
        return self.database.fetch(statement.sql, values, min_revisions=self.min_revisions, caller=self.caller.share)

    async def _read_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            if len(waiting) == 1:
                found: list[list[Answers] | ForeignCursorError] = [await self._read(waiting[0][0])]
            else:
                found = await self._read_together([queries for queries, _ in waiting])
        except Exception as error:  # noqa: BLE001 - raised at each of the fields
            for _, answered in waiting:
                if not answered.done():
                    answered.set_exception(error)
            return
        for (_, answered), answers in zip(waiting, found, strict=True):
            if answered.done():
                continue
            if isinstance(answers, ForeignCursorError):
                answered.set_exception(answers)
            else:
                answered.set_result(answers)

    async def _read_together(self, fields: Sequence[Sequence[Query]]) -> list[list[Answers] | ForeignCursorError]:
        async def body(session: Session) -> list[list[Answers] | ForeignCursorError]:
            return [await _answers_or_error(session, queries) for queries in fields]

        return await self.database.query(body, min_revisions=self.min_revisions, caller=self.caller.share)


async def _answers_or_error(session: Session, queries: Sequence[Query]) -> list[Answers] | ForeignCursorError:
    try:
        return [await fetch_answers(session, query, request) for query, request in queries]
    except ForeignCursorError as error:
        return error
