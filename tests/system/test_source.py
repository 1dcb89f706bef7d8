"""What the source of the tests may not do: write a row by the order of a table's columns, which a migration changes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
WITHOUT_COLUMNS = re.compile(r"INSERT\s+(OR\s+\w+\s+)?INTO\s+[^\s(]+(?!\s*\()\s+\w", re.IGNORECASE)


def writes_by_position(source: str) -> Iterator[int]:
    """The lines with an INSERT, or a COPY of asyncpg's, that does not name its columns."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            named = not WITHOUT_COLUMNS.search(_text(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("copy_records_to_table"):
            named = any(keyword.arg == "columns" for keyword in node.keywords)
        else:
            continue
        if not named:
            yield node.lineno


def _text(node: ast.AST) -> str:
    """The text of a string, with {} for what an f-string puts in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"INSERT INTO " "users VALUES (1)"', [1]),
        ('"insert or ignore into users select 1"', [1]),
        ('\nf"INSERT INTO {table} VALUES (1)"', [2]),
        ('f"INSERT INTO {table} ({columns}) VALUES (1)"', []),
        ('"""INSERT INTO users\\n (id) VALUES (1)"""', []),
        ("connection.copy_records_to_table('users', records=[])", [1]),
        ("connection.copy_records_to_table('users', records=[], columns=['id'])", []),
    ],
)
def test_write_by_position_is_found(source: str, lines: list[int]) -> None:
    assert sorted(set(writes_by_position(source))) == lines


def test_tests_name_the_columns_that_they_write() -> None:
    files = [file for file in TESTS.rglob("*.py") if file != Path(__file__)]
    found = {
        f"{file.relative_to(TESTS)}:{line}" for file in files for line in writes_by_position(file.read_text("utf-8"))
    }

    assert len(files) > 50
    assert found == set()
