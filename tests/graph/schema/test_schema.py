"""The published schema: the arguments that a client leaves out, and the rules that a call can break."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    InputValueDefinitionNode,
    NullValueNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    parse,
    visit,
)

from graph.execution.selections import python_name
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


def read_attributes(type_: GraphQLObjectType, interface: GraphQLInterfaceType) -> set[str]:
    """What a payload reads of a violation for the fields that the interface lacks: a value, or the key of a row."""
    attributes = set()
    for name in type_.fields.keys() - interface.fields.keys():
        field = type_.fields[name]
        is_row = not is_leaf_type(get_named_type(field.type))
        attributes.add(python_name(name, field) + "_key" * is_row)
    return attributes


def test_every_violation_has_a_type_of_its_name_and_holds_its_fields() -> None:
    interface = schema._schema.type_map["RuleViolation"]
    assert isinstance(interface, GraphQLInterfaceType)
    inherited = {field.name for field in fields(Violation)}

    types = {type_.name: read_attributes(type_, interface) for type_ in schema._schema.get_possible_types(interface)}

    assert types["MemberInAnotherGroup"] == {"user_key", "pickup_group_key"}
    assert types == {
        violation.__name__: {field.name for field in fields(violation)} - inherited
        for violation in subclasses(Violation)
    }
