"""Runs a compiled query: the statement, its follow-ups, and the fragments put into their places."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from models.database.sessions import Session
from models.queries.request import QueryRequest
from resolvers.json_query.compiled_query import ANSWER, FOLLOW_UP_KEYS, GIVEN, KEY, CompiledQuery
from resolvers.json_query.json_text import FOREIGN_CURSOR, MARKER

_MARKER = re.compile(f"{MARKER}([0-9]+):([^{MARKER}]*){MARKER}")
_FOREIGN = re.compile(f"{FOREIGN_CURSOR}([0-9]+):([a-z]+){FOREIGN_CURSOR}")

FragmentsByKey = Mapping[str, str]
"""JSON texts by the keys of their markers."""


class ForeignCursorError(Exception):
    """A cursor is of another row's list: of the list with this number, in this argument."""

    def __init__(self, number: int, argument: str) -> None:
        super().__init__(number, argument)
        self.number = number
        self.argument = argument


async def fetch_json(
    session: Session, query: CompiledQuery, request: QueryRequest, given: FragmentsByKey | None = None
) -> str:
    """The JSON text of a query that gives one. `given` are the fragments of the markers of number GIVEN."""
    (answer,) = (await fetch_answers(session, query, request, given)).values()
    return answer


async def fetch_answers(
    session: Session, query: CompiledQuery, request: QueryRequest, given: FragmentsByKey | None = None
) -> dict[int, str]:
    """The JSON texts of a query by their keys, in the order of its rows. Raises ForeignCursorError."""
    records = await session.fetch(query.statement.sql, query.statement.values(request))
    answers: dict[int, str] = {record.get(KEY, 0): record[ANSWER] for record in records}
    if query.follow_ups or given is not None:
        answers = await _spliced(session, query, request, answers, given or {})
    for answer in answers.values():
        check_cursors(answer)
    return answers


def check_cursors(answer: str) -> None:
    """Raises ForeignCursorError if the statement found a cursor that is of another row's list."""
    if FOREIGN_CURSOR in answer:
        found = _FOREIGN.search(answer)
        assert found is not None
        raise ForeignCursorError(int(found[1]), found[2])


async def _spliced(
    session: Session, query: CompiledQuery, request: QueryRequest, answers: dict[int, str], given: FragmentsByKey
) -> dict[int, str]:
    """The answers with the fragments of the follow-ups, each of which reads the distinct keys of its markers."""
    keys: list[dict[str, None]] = [{} for _ in range(len(query.follow_ups) + 1)]
    _collect_keys(keys, answers.values())
    fragments: list[dict[str, str]] = [dict(given)]
    for number, statement in enumerate(query.follow_ups, GIVEN + 1):
        found: dict[str, str] = {}
        if keys[number]:
            below = replace(request, keys={**request.keys, FOLLOW_UP_KEYS: list(map(int, keys[number]))})
            records = await session.fetch(statement.sql, statement.values(below))
            found = {str(record[KEY]): record[ANSWER] for record in records}
        _collect_keys(keys, found.values())
        fragments.append(found)
    # From the last: a fragment is whole before it is put into others.
    for found in reversed(fragments):
        for key, fragment in found.items():
            found[key] = _splice(fragment, fragments)
    return {key: _splice(answer, fragments) for key, answer in answers.items()}


def _collect_keys(keys: Sequence[dict[str, None]], answers: Iterable[str]) -> None:
    for answer in answers:
        if MARKER in answer:
            for number, key in _MARKER.findall(answer):
                keys[int(number)][key] = None


def _splice(text: str, fragments: Sequence[FragmentsByKey]) -> str:
    if MARKER not in text:
        return text
    # A row that is gone leaves a key without a fragment: the group of a change, say.
    return _MARKER.sub(lambda marker: fragments[int(marker[1])].get(marker[2], "null"), text)
