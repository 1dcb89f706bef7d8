"""Requests that are meant to do harm: each is refused with its code, within a second.

`python -m tests.graph.transport.test_hostile` prints the table, against a server of its own.
"""

import asyncio
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.database.migrating import migrate_database
from models.database.url import parse_database_url
from tests.graph.conftest import Serve
from tests.support.serving import serving

WITHIN_S = 1.0 if sys.gettrace() is None else 5.0
"""Measuring coverage slows the parser several times."""

NEW = {"Accept": "application/graphql-response+json", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Attack:
    """A request, and the code of the error and the status that it is answered with."""

    name: str
    code: str
    status: int
    query: str | None = None
    variables: dict[str, Any] | None = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    async def run(self, client: httpx.AsyncClient) -> httpx.Response:
        content = self.body
        if content is None:
            content = json.dumps({"query": self.query, "variables": self.variables}).encode()
        return await client.request(self.method, "/graphql", content=content, headers=NEW | self.headers)


def costly(name: str, query: str, variables: dict[str, Any] | None = None) -> Attack:
    return Attack(name, "QUERY_TOO_COSTLY", 400, query, variables)


def invalid(name: str, query: str) -> Attack:
    return Attack(name, "GRAPHQL_VALIDATION_FAILED", 400, query)


def unparsable(name: str, query: str) -> Attack:
    return Attack(name, "GRAPHQL_PARSE_FAILED", 400, query)


def malformed(name: str, body: bytes, status: int = 400, **headers: str) -> Attack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Attack(name, "BAD_USER_INPUT", status, body=body, headers=named)


def many(count: int, write: Callable[[int], str]) -> str:
    return " ".join(write(number) for number in range(count))


def in_json(value: bytes) -> bytes:
    return b'{"query": "query($i: [ID!]!){nodes(ids: $i){id}}", "variables": {"i": ' + value + b"}}"


NESTED = "sites(first: {n}){{nodes{{pickupGroups(first: {n}){{nodes{{members(first: {n}){{nodes{{id}}}}}}}}}}}}"
DEEP = "{site(id: 1){pickupGroups{nodes{" + "site{pickupGroups{nodes{" * 5 + "id" + "}}}" * 6 + "}"

ATTACKS = [
    costly("a hundred of a hundred of a hundred", f"{{{NESTED.format(n=100)}}}"),
    costly("the same by a variable", f"query($n: Int){{{NESTED.format(n='$n')}}}", {"n": 100}),
    costly("the same by a variable's default", f"query($n: Int = 100){{{NESTED.format(n='$n')}}}"),
    costly("the same by a fragment", f"{{...F}} fragment F on Query{{{NESTED.format(n=100)}}}"),
    costly("300 aliases of a page of 100", f"{{{many(300, lambda n: f'a{n}:sites(first: 100){{nodes{{id}}}}')}}}"),
    costly("600 counts", f"{{{many(600, lambda n: f'a{n}:users{{totalCount}}')}}}"),
    costly(
        "250 mutations",
        f"mutation{{{many(250, lambda n: f'''a{n}:deletePickupGroup(input: {{id: {n}}}){{deletedId}}''')}}}",
    ),
    costly(
        "a change whose payload searches a site five times",
        'mutation{renamePickupGroup(input: {id: 1, name: "x"}){pickupGroup{site{'
        + many(5, lambda n: f'a{n}:users(search: "x"){{totalCount}}')
        + "}}}}",
    ),
    costly(
        "fragments that double 150 times",
        "{...F0}"
        + many(150, lambda n: f"fragment F{n} on Query{{a{n}:sites(first: 1){{nodes{{id}}}} ...F{n + 1} ...F{n + 1}}}")
        + "fragment F150 on Query{__typename}",
    ),
    costly("20 fields deep", DEEP),
    costly("300 fields deep", "{" + "a{" * 300 + "b" + "}" * 301),
    costly("2,400 fields deep", "{" + "a{" * 2_400 + "b" + "}" * 2_401),
    costly("an argument 2,000 lists deep", "{nodes(ids: " + "[" * 2_000 + "]" * 2_000 + "){id}}"),
    costly("6,000 fields", f"{{{many(6_000, lambda _n: '__typename')}}}"),
    costly(
        "150 times a fragment of 960 fields",
        f"{{{many(150, lambda n: f'a{n}:site(id: 1){{...F}}')}}}"
        f"fragment F on Site{{{many(960, lambda n: f'f{n}:name')}}}",
    ),
    costly(
        "a search and a count of each of 100 groups",
        '{pickupGroups(first: 100){nodes{availableUsers(search: "x"){totalCount}}}}',
    ),
    costly("an alias of 129 letters", f"{{{'x' * 129}:__typename}}"),
    costly("100,000 comments", "#\n" * 100_000 + "{__typename}"),
    costly("a name of a million letters", "{" + "x" * 1_000_000 + "}"),
    costly("a million blanks", "{__typename" + " " * 1_000_000 + "}"),
    costly("1,000 operations", many(1_000, lambda n: f"query Q{n}{{__typename}}")),
    costly("4,900 fields to merge", f"{{{many(4_900, lambda _n: '__typename')}}}"),
    costly(
        "400 fields with other arguments to merge",
        f"{{{many(400, lambda n: f'sites(first: {n}){{nodes{{id}}}}')}}}",
    ),
    costly(
        "150 fragments to merge",
        f"{{site(id: 1){{{many(150, lambda n: f'...F{n}')}}}}}"
        + many(150, lambda n: f"fragment F{n} on Site{{users(first: 1){{nodes{{id}}}} ...F{n + 1}}}")
        + "fragment F150 on Site{id}",
    ),
    costly("1,000 inline fragments", f"{{{many(1_000, lambda _n: '...{__typename}')}}}"),
    costly(
        "350 introspections",
        f"{{{many(350, lambda n: f'a{n}:__schema{{types{{fields{{name}}}}}}')}}}",
    ),
    costly("introspection that goes in circles", "{__schema{types" + "{fields{type" * 5 + "{name" + "}}" * 5 + "}}}"),
    invalid("fragments that go in circles", "{...A} fragment A on Query{...B} fragment B on Query{...A}"),
    invalid("1,500 unknown fields", f"{{{many(1_500, lambda n: f'sitess{n}')}}}"),
    invalid("1,200 unused variables", f"query({many(1_200, lambda n: f'$v{n}: Int')}){{__typename}}"),
    invalid("an argument of 5,000 digits", "{sites(first: " + "9" * 5_000 + "){totalCount}}"),
    invalid("an argument 190 lists deep", "{nodes(ids: " + "[" * 190 + "1" + "]" * 190 + "){id}}"),
    unparsable("a lone surrogate in the document", '{site(id: "\ud800"){id}}'),
    unparsable("a string of 90,000 letters that does not end", '{site(id: "' + "x" * 90_000),
    Attack("a page of 1,000,000", "BAD_USER_INPUT", 200, "{sites(first: 1000000){totalCount}}"),
    Attack("1,000 ids", "BAD_USER_INPUT", 200, "query($i: [ID!]!){nodes(ids: $i){id}}", {"i": ["x"] * 1_000}),
    Attack(
        "100,001 ids", "BAD_USER_INPUT", 400, "query($i: [ID!]!){nodes(ids: $i){id}}", {"i": ["x"] * 100_000 + [None]}
    ),
    Attack("4,900 ids in the document", "BAD_USER_INPUT", 200, f"{{nodes(ids: [{'1 ' * 4_900}]){{id}}}}"),
    Attack(
        "300 conditions",
        "",
        200,
        f"query({many(300, lambda n: f'$v{n}: Boolean!')})"
        f"{{{many(300, lambda n: f'a{n}:__typename @include(if: $v{n})')}}}",
        {f"v{number}": number % 2 == 0 for number in range(300)},
    ),
    Attack("a search of 5,000 letters", "BAD_USER_INPUT", 200, f'{{users(search: "{"x" * 5_000}"){{totalCount}}}}'),
    Attack("an id of 5,000 digits", "", 200, "{nodes(ids: " + "9" * 5_000 + "){id}}"),
    Attack("100 ids of 900 letters", "", 200, "query($i: [ID!]!){nodes(ids: $i){id}}", {"i": ["é" * 900] * 100}),
    malformed("JSON 50,000 lists deep", in_json(b"[" * 50_000 + b"]" * 50_000)),
    malformed("JSON 50,000 objects deep", in_json(b'{"a":' * 50_000 + b"1" + b"}" * 50_000)),
    malformed("JSON 900 lists deep", in_json(b"[" * 900 + b"]" * 900)),
    malformed("a JSON integer of 5,000 digits", in_json(b"9" * 5_000)),
    malformed("NaN", in_json(b"NaN")),
    malformed("wrong UTF-8", in_json(b'"\xff"')),
    malformed("an empty body", b""),
    malformed("a body over the limit", b'{"query": "' + b"x" * 2_000_000 + b'"}', 413),
    malformed("a zip bomb", gzip.compress(b" " * 100_000_000), 415, Content_Encoding="gzip"),
    malformed("a form from another site", b"query=mutation{__typename}", 415, Content_Type="text/plain"),
    malformed("a batch of 1,000", json.dumps([{"query": "{__typename}"}] * 1_000).encode()),
    Attack("a Host that rebinds", "FORBIDDEN", 403, "{__typename}", headers={"Host": "evil.example.com"}),
    Attack("another method", "BAD_USER_INPUT", 405, "{__typename}", method="PUT"),
    Attack("10,000 accepted types", "BAD_USER_INPUT", 406, "{__typename}", headers={"Accept": "a/b;q=0.1," * 6_000}),
]


async def measured(client: httpx.AsyncClient, attack: Attack) -> tuple[int, str, float]:
    """The status, the code of the first error ("" if there is none) and the seconds of an attack.

    They are this process's own: what else the machine does is not the server's doing.
    """
    began = time.process_time()
    response = await attack.run(client)
    took = time.process_time() - began
    errors = response.json().get("errors", [])
    return response.status_code, errors[0]["extensions"]["code"] if errors else "", took


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_hostile_request_is_answered_within_a_second(serve: Serve, attack: Attack) -> None:
    async with serve() as client:
        status, code, took = await measured(client, attack)
        after = await client.post("/graphql", json={"query": "{viewer{subject}}"})

    assert (status, code) == (attack.status, attack.code)
    assert took < WITHIN_S
    assert after.json() == {"data": {"viewer": {"subject": "anonymous"}}}


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite://{Path(folder) / 'pickup.sqlite3'}"
        await migrate_database(parse_database_url(url))
        async with serving(url) as api:
            print("| request | status | code | ms |\n| --- | --- | --- | ---: |")  # noqa: T201 - a table for people
            for attack in ATTACKS:
                status, code, took = await measured(api.http, attack)
                print(f"| {attack.name} | {status} | {code or 'no error'} | {took * 1000:.0f} |")  # noqa: T201 - a line of it


if __name__ == "__main__":
    asyncio.run(main())
