"""The published schema: the arguments that a client leaves out, and the rules that a call can break."""

from pathlib import Path
from typing import Any

from graphql import GraphQLInterfaceType, InputValueDefinitionNode, NullValueNode, Visitor, parse, visit

from graph.schema import schema
from models.domain.rules import Violation

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


def subclasses(parent: type[Violation]) -> set[type[Violation]]:
    children = set(parent.__subclasses__())
    return children.union(*map(subclasses, children))


def test_every_violation_has_a_type_of_its_name() -> None:
    interface = schema._schema.type_map["RuleViolation"]
    assert isinstance(interface, GraphQLInterfaceType)

    types = {implementation.name for implementation in schema._schema.get_possible_types(interface)}

    assert "NameTaken" in types
    assert {violation.__name__ for violation in subclasses(Violation)} == types
