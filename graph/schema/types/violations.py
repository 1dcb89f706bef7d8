"""Broken rules as clients see them: data, since a refusal is an expected answer."""

from typing import Any

import strawberry
from strawberry.types import Info
from strawberry.utils.str_converters import to_camel_case

from graph.context import Context
from graph.schema.enums import Rule
from graph.schema.read_ahead import read_ahead
from graph.schema.types.pickup_group import PickupGroup
from graph.schema.types.user import User
from models.domain import rules


def say(root: rules.Violation, info: Info[Context, None]) -> str:
    return info.context.translate(root.template).format(**root.values)


def path_of(root: rules.Violation) -> list[str]:
    return ["input", *map(to_camel_case, root.path)]


@strawberry.interface(description="A rule that the call broke. Where there is any, nothing was changed.")
class RuleViolation:
    rule: Rule = strawberry.field(description="The rule.")
    message: str = strawberry.field(
        resolver=say,
        description="What is wrong and what to do, for people, in English or French by Accept-Language.",
    )
    path: list[str] = strawberry.field(
        resolver=path_of, description='The input at fault, e.g. ["input", "userIds", "2"].'
    )


@strawberry.type(description="The name is missing, too long, or holds characters that cannot be seen.")
class InvalidName(RuleViolation):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.InvalidName)


@strawberry.type(description="Another group of the site has this name.")
class NameTaken(RuleViolation):
    pickup_group: PickupGroup = strawberry.field(resolver=read_ahead, description="The group that has it.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.NameTaken)


@strawberry.type(description="A user is of another site than the group.")
class MemberOnAnotherSite(RuleViolation):
    user: User = strawberry.field(resolver=read_ahead, description="The user.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.MemberOnAnotherSite)


@strawberry.type(description="A user is in another group of the site.")
class MemberInAnotherGroup(RuleViolation):
    user: User = strawberry.field(resolver=read_ahead, description="The user.")
    pickup_group: PickupGroup = strawberry.field(resolver=read_ahead, description="The group that they are in.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.MemberInAnotherGroup)


@strawberry.type(description="A user has a station type that may not be in a pickup group.")
class StationNotEligible(RuleViolation):
    user: User = strawberry.field(resolver=read_ahead, description="The user.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.StationNotEligible)


@strawberry.type(description="The group has been changed since the version that the call expected.")
class VersionConflict(RuleViolation):
    current_version: int = strawberry.field(description="The group's version now.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.VersionConflict)


@strawberry.type(description="There is no such object, or the caller may not see it.")
class NotFound(RuleViolation):
    id: strawberry.ID = strawberry.field(description="The id as it was given.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, rules.NotFound)


VIOLATIONS = (
    InvalidName,
    NameTaken,
    MemberOnAnotherSite,
    MemberInAnotherGroup,
    StationNotEligible,
    VersionConflict,
    NotFound,
)
