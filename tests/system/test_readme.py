"""The README: its answers are those that the server gives, and its files are there."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from graph.settings import Settings
from models.database.url import parse_database_url
from models.directory.columns import FORMATS, FileFormat
from models.directory.sample import load_sample
from tests.support.sample import SAMPLE
from tests.support.serving import serving

README = Path(__file__).parents[2] / "README.md"


def shown() -> list[tuple[str, object]]:
    """The examples: what is asked, and the answer."""
    section = README.read_text(encoding="utf-8").partition("## A query, a change, a refusal")[2].partition("\n## ")[0]
    blocks = [block for block in re.split(r"\n\n", section) if block.startswith("    ")]
    return [
        (asked, json.loads(re.sub(r"\n\s+", " ", answered)))
        for asked, answered in zip(*[iter(blocks)] * 2, strict=True)
    ]


async def test_readme_examples_return_documented_answers(url: str) -> None:
    await load_sample(parse_database_url(url), SAMPLE)

    async with serving(url) as api:
        answers = [(asked, await api.answer(asked)) for asked, _ in shown()]

    assert answers == shown()
    assert len(answers) == 3


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda file_format: file_format.name)
def test_columns_of_files_are_shown(file_format: FileFormat) -> None:
    section = README.read_text(encoding="utf-8").partition("### Files of a directory")[2].partition("\n###")[0]

    assert f"    {','.join(file_format.header)}\n" in section


def test_every_setting_is_named() -> None:
    section = README.read_text(encoding="utf-8").partition("## Settings")[2].partition("\n## ")[0]
    variables = {f"PICKUP_{field.name.upper()}" for field in fields(Settings)}

    assert len(variables) > 20
    assert {name for name in variables if f"`{name}`" not in section} == set()


def test_files_named_for_contributors_exist() -> None:
    section = README.read_text(encoding="utf-8").partition("## Contributing")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:graph|models|resolvers|tests)/[\w./]*|[\w.]+\.(?:graphql|md))`", section))
    # The name that the next migration gets.
    named.discard("models/migrations/m000N_what.py")

    assert len(named) > 30
    assert {name for name in named if not (README.parent / name).exists()} == set()


def test_files_named_as_steps_exist() -> None:
    steps = README.read_text(encoding="utf-8").partition("## The tree")[2].partition("\n## The command")[0]
    paths = set(re.findall(r"`((?:graph|resolvers|models)/[a-z_/]+\.py)`", steps))

    assert len(paths) >= 20
    assert [path for path in sorted(paths) if not (README.parent / path).exists()] == []
