"""The published schema: what it says of the arguments that a client leaves out."""

from pathlib import Path
from typing import Any

from graphql import InputValueDefinitionNode, NullValueNode, Visitor, parse, visit

SCHEMA = Path(__file__).parents[3] / "schema.graphql"


class Arguments(Visitor):
    """The arguments of fields and the fields of inputs, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[InputValueDefinitionNode] = []

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_place: Any) -> None:
        self.found.append(node)


def test_no_argument_has_a_default_of_null() -> None:
    arguments = Arguments()

    visit(parse(SCHEMA.read_text(encoding="utf-8")), arguments)

    assert "after" in {one.name.value for one in arguments.found}
    assert [one.name.value for one in arguments.found if isinstance(one.default_value, NullValueNode)] == []
