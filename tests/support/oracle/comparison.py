"""The server's answers to random documents, held against the oracle's."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from graphql import parse

from graph.execution.complexity import CEILING
from models.caller import Permission
from tests.support.oracle.answers import BAD_USER_INPUT, Answer, Fault, Oracle
from tests.support.oracle.documents import random_document
from tests.support.oracle.lists import DEFAULT_REGION
from tests.support.oracle.rows import read_rows
from tests.support.oracle.sample import SITES
from tests.support.oracle.schema import Caller
from tests.support.serving import SECRET, serving, token

TOO_COSTLY = "QUERY_TOO_COSTLY"

READ, WRITE = ("READ",), ("READ", "WRITE")
OPEN = Caller("anonymous", tuple(sorted(permission.value for permission in Permission)))
"""The caller of an open server."""

CALLERS = (
    Caller("writer", WRITE),
    Caller("reader", READ),
    Caller("of one", READ, (SITES[0][0],)),
    Caller("of \"two'", READ, (SITES[0][0], SITES[1][0])),
    Caller("of the second", WRITE, (SITES[1][0], "unknown")),
    Caller("of the empty one", READ, (SITES[2][0],)),
    Caller("of none", READ, ()),
    Caller("without permission", (), None),
)
"""Those with a token."""


@dataclass(frozen=True)
class Mismatch:
    """A call that was answered otherwise than by the oracle."""

    seed: int
    document: str
    variables: dict[str, Any]
    caller: Caller
    expected: Answer
    found: Any

    def __str__(self) -> str:
        expected = {"data": self.expected.data, "faults": {key: str(one) for key, one in self.expected.faults.items()}}
        return "\n".join(
            (
                f"seed {self.seed}, {self.caller}",
                self.document,
                f"variables {json.dumps(self.variables)}",
                f"expected {'a refusal' if self.expected.refused else json.dumps(expected)}",
                f"found    {json.dumps(self.found)}",
            )
        )


@dataclass
class Outcome:
    """What came of a comparison. `wrong` are the calls with wrong arguments.

    `too_large` are those whose document is over a limit that the server has no setting for: the oracle has none.
    """

    documents: int = 0
    calls: int = 0
    wrong: int = 0
    too_large: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)


async def compare(url: str, seeds: Iterable[int]) -> Outcome:
    """Asks a server on the sample at `url` for the document of each seed; an open one for one in eight of them."""
    oracle = Oracle(await read_rows(url))
    outcome = Outcome()
    open_seeds: list[int] = []
    other_seeds: list[int] = []
    for seed in seeds:
        (other_seeds if seed % 8 else open_seeds).append(seed)
    for chosen, callers, secret in ((other_seeds, CALLERS, SECRET), (open_seeds, (OPEN,), None)):
        async with serving(
            url, max_cost=CEILING, max_tokens=100_000, jwt_secret=secret, default_region=DEFAULT_REGION
        ) as api:
            comparison = _Comparison(oracle, api.http, callers, outcome)
            for seed in chosen:
                await comparison.compare(seed)
    return outcome


class _Comparison:
    """With one server, for these callers."""

    def __init__(self, oracle: Oracle, http: httpx.AsyncClient, callers: Sequence[Caller], outcome: Outcome) -> None:
        self._oracle = oracle
        self._http = http
        self._callers = callers
        self._outcome = outcome
        self._headers = {caller: _headers(caller) for caller in callers}

    async def compare(self, seed: int) -> None:
        oracle, outcome = self._oracle, self._outcome
        document = random_document(seed, oracle.schema, oracle.rows)
        random, parsed = Random(seed), parse(document.text)
        outcome.documents += 1
        for variables in document.variables:
            caller = random.choice(self._callers)
            expected = oracle.answer(parsed, variables, caller)
            outcome.wrong += expected.is_wrong
            outcome.calls += 1
            # Escaped, so that a lone surrogate can be sent too.
            body = json.dumps({"query": document.text, "variables": variables})
            found = (await self._http.post("/graphql", content=body, headers=self._headers[caller])).json()
            if is_too_large(found):
                outcome.too_large += 1
            elif not agrees(expected, found):
                outcome.mismatches.append(Mismatch(seed, document.text, variables, caller, expected, found))


def _headers(caller: Caller) -> dict[str, str]:
    permissions = [Permission(name) for name in caller.permissions]
    signed = token(caller.subject, permissions, caller.sites)
    return {"Content-Type": "application/json", "Authorization": f"Bearer {signed}"}


def is_too_large(found: dict[str, Any]) -> bool:
    return found.keys() == {"errors"} and [one["extensions"]["code"] for one in found["errors"]] == [TOO_COSTLY]


def agrees(expected: Answer, found: dict[str, Any]) -> bool:
    """Whether the server's answer has the data, the order of its keys included, and the errors that are expected."""
    errors = found.get("errors", [])
    if expected.refused:
        refusals = {(error["extensions"]["code"], error.get("path")) for error in errors}
        return "data" not in found and refusals == {(BAD_USER_INPUT, None)}
    codes = {error.get("path", [None])[0]: error["extensions"]["code"] for error in errors}
    if len(codes) < len(errors) or any(len(error.get("path", ())) > 1 for error in errors):
        return False
    if "data" not in found or json.dumps(expected.data) != json.dumps(found["data"]):
        return False
    known = {key: fault.code for key, fault in expected.faults.items()}
    if expected.data is None:
        # Without data, a server may leave out the errors of other root fields.
        if not codes.items() <= known.items() or not codes.keys() & expected.required:
            return False
    elif codes != known:
        return False
    return all(_is_said(expected.faults[error["path"][0]], error["message"]) for error in errors)


def _is_said(fault: Fault, message: str) -> bool:
    return not fault.says or any(piece in message for piece in fault.says)
