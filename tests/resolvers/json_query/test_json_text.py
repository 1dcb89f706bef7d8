"""JSON that the database puts together is JSON, whatever the values."""

import json
from typing import Any

import pytest

from models.database.database import Database
from models.queries.cursors import encode_cursor
from resolvers.json_query.json_text import Fragments, JsonLiteral, JsonText

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
    row = json_text.object([("n", [json_text.number("n")]), ("yes", [json_text.boolean("yes")])])

    found = await evaluate(database, json_text.list(row, "n < 3"), rows)
    nothing = await evaluate(database, json_text.list(row), f"{rows} WHERE n > 9")

    assert found == [{"n": 1, "yes": True}, {"n": 2, "yes": False}]
    assert nothing == []
    assert await evaluate(database, json_text.object([])) == {}


async def test_json_expression_may_have_very_many_pieces(database: Database) -> None:
    pieces = [JsonLiteral("["), *(piece for number in range(900) for piece in (f"'{number}'", JsonLiteral(","))), "'0'"]

    found = await evaluate(database, [*pieces, JsonLiteral("]")])

    assert found == [*range(900), 0]


async def test_cursor_in_sql_equals_cursor_of_row(database: Database) -> None:
    place = [("CAST('été \"x\" 😀' AS TEXT)", str), ("42", int)]

    found = await evaluate(database, JsonText(database.dialect).cursor([JsonLiteral("users:"), "'7'"], place))

    text = 'été "x" 😀'
    assert found == encode_cursor("users:7", [text, 42])
