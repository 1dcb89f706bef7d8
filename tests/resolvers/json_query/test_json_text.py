"""JSON that the database puts together is JSON, whatever the values."""

import json
from typing import Any

import pytest

from models.database.database import Database
from models.queries.cursors import encode_cursor
from resolvers.json_query.json_text import Entry, Fragments, JsonLiteral, JsonText

TEXTS = ["", "é", 'say "ah"', "a\\b", "a\tb\nc", "\x01\x7f", "😀", "it's"]


async def evaluate(database: Database, pieces: Fragments, source: str = "") -> Any:
    sql = f"SELECT {JsonText(database.dialect).join(pieces)} AS answer {source}"
    async with database.reading(snapshot=False) as session:
        (record,) = await session.fetch(sql, [])
    return json.loads(record["answer"])


@pytest.mark.parametrize("text", TEXTS)
async def test_text_is_escaped(database: Database, text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"

    found = await evaluate(database, [JsonText(database.dialect).text(f"CAST({quoted} AS TEXT)")])

    assert found == text


async def test_null_is_null(database: Database) -> None:
    assert await evaluate(database, [JsonText(database.dialect).text("CAST(NULL AS TEXT)", nullable=True)]) is None


async def test_objects_lists_numbers_and_booleans_are_json(database: Database) -> None:
    json_text = JsonText(database.dialect)
    rows = "FROM (SELECT 1 AS n, 1 = 1 AS yes UNION ALL SELECT 2, 1 = 0 UNION ALL SELECT 3, 1 = 0) AS rows_"
    row = json_text.object([Entry("n", [json_text.number("n")]), Entry("yes", [json_text.boolean("yes")])])

    found = await evaluate(database, json_text.list(row, "n < 3"), rows)
    nothing = await evaluate(database, json_text.list(row), f"{rows} WHERE n > 9")

    assert found == [{"n": 1, "yes": True}, {"n": 2, "yes": False}]
    assert nothing == []
    assert await evaluate(database, json_text.object([])) == {}


async def test_plain_values_beside_each_other_keep_their_places(database: Database) -> None:
    json_text = JsonText(database.dialect)
    texts = {"a": "{it's}", "b": "}", "c": 'say "}"', "d": "{"}
    entries = [_text_entry(json_text, key, text) for key, text in texts.items()]
    null, number = "CAST(NULL AS TEXT)", "CAST(7 AS BIGINT)"
    more = [
        Entry("n", [json_text.text(null, nullable=True)], null),
        Entry("yes", [json_text.boolean("1 = 1")]),
        Entry("m", [json_text.number(number)], number),
        *entries[:1],
    ]

    assert await evaluate(database, json_text.object(entries)) == texts
    assert await evaluate(database, json_text.object(entries[::-1] + more[1:])) == texts | {"yes": True, "m": 7}
    assert list((await evaluate(database, json_text.object(more))).items()) == [
        ("n", None),
        ("yes", True),
        ("m", 7),
        ("a", "{it's}"),
    ]


async def test_object_may_have_very_many_plain_values(database: Database) -> None:
    json_text = JsonText(database.dialect)
    texts = {f"key_{number}": f"{number}}}" for number in range(160)}

    found = await evaluate(
        database, json_text.object([_text_entry(json_text, key, text) for key, text in texts.items()])
    )

    assert list(found.items()) == list(texts.items())


def _text_entry(json_text: JsonText, key: str, text: str) -> Entry:
    sql = "CAST('" + text.replace("'", "''") + "' AS TEXT)"
    return Entry(key, [json_text.text(sql)], sql)


async def test_json_expression_may_have_very_many_pieces(database: Database) -> None:
    pieces = [JsonLiteral("["), *(piece for number in range(900) for piece in (f"'{number}'", JsonLiteral(","))), "'0'"]

    found = await evaluate(database, [*pieces, JsonLiteral("]")])

    assert found == [*range(900), 0]


async def test_cursor_in_sql_equals_cursor_of_row(database: Database) -> None:
    place = [("CAST('été \"x\" 😀' AS TEXT)", str), ("42", int)]

    found = await evaluate(database, JsonText(database.dialect).cursor([JsonLiteral("users:"), "'7'"], place))

    text = 'été "x" 😀'
    assert found == encode_cursor("users:7", [text, 42])
