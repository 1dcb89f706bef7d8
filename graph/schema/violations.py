"""Broken rules: data, since a refusal is an expected answer."""

import strawberry

from graph.schema.enums import Rule
from graph.schema.types import PickupGroup, Site, User


@strawberry.interface(description="A rule that the call broke. Where there is any, nothing was changed.")
class RuleViolation:
    rule: Rule = strawberry.field(description="The rule.")
    message: str = strawberry.field(
        description="What is wrong and what to do, for people, in English or French by Accept-Language."
    )
    path: list[str] = strawberry.field(description='The input at fault, e.g. ["input", "userIds", "2"].')


@strawberry.type(description="The name is missing, too long, or holds characters that cannot be seen.")
class InvalidName(RuleViolation):
    pass


@strawberry.type(description="Another group of the site has this name.")
class NameTaken(RuleViolation):
    pickup_group: PickupGroup = strawberry.field(description="The group that has it.")


@strawberry.type(description="A user is of another site than the group.")
class MemberOnAnotherSite(RuleViolation):
    user: User = strawberry.field(description="The user.")


@strawberry.type(description="A user is in another group of the site.")
class MemberInAnotherGroup(RuleViolation):
    user: User = strawberry.field(description="The user.")
    pickup_group: PickupGroup = strawberry.field(description="The group that they are in.")


@strawberry.type(description="A user has a station type that may not be in a pickup group.")
class StationNotEligible(RuleViolation):
    user: User = strawberry.field(description="The user.")


@strawberry.type(description="The group has been changed since the version that the call expected.")
class VersionConflict(RuleViolation):
    current_version: int = strawberry.field(description="The group's version now.")


@strawberry.type(description="There is no such object, or the caller may not see it.")
class NotFound(RuleViolation):
    id: strawberry.ID = strawberry.field(description="The id, or the key of the upstream directory, as it was given.")


@strawberry.type(description="A key, name, number, extension or email cannot be stored.")
class InvalidValue(RuleViolation):
    pass


@strawberry.type(description="An earlier row of the call has the same key.")
class DuplicateRow(RuleViolation):
    pass


@strawberry.type(description="The site has users or pickup groups, so it is not removed.")
class SiteInUse(RuleViolation):
    site: Site = strawberry.field(description="The site.")


VIOLATIONS = (
    InvalidName,
    NameTaken,
    MemberOnAnotherSite,
    MemberInAnotherGroup,
    StationNotEligible,
    VersionConflict,
    NotFound,
    InvalidValue,
    DuplicateRow,
    SiteInUse,
)
