"""Rules, and the violations of them: data, since a refusal is an expected answer."""

import strawberry

from graph.schema.enums import described
from graph.schema.types import PickupGroup, Site, User
from models.domain.group_names import MAX_NAME_LENGTH
from models.domain.rules import Rule

described(
    Rule,
    "A rule of the domain that a mutation can break.",
    {
        "NAME_REQUIRED": "The name has nothing in it that can be seen.",
        "NAME_TOO_LONG": f"The name has more than {MAX_NAME_LENGTH} characters.",
        "NAME_TAKEN": "Another group of the site has this name, in whatever letter case.",
        "NAME_INVALID": "The name holds a control character, or another one that cannot be seen.",
        "MEMBER_ON_ANOTHER_SITE": "A user is of another site than the group.",
        "MEMBER_IN_ANOTHER_GROUP": "A user is in another group of the site. `moveMembers: true` moves them.",
        "STATION_NOT_ELIGIBLE": "A user has a station type that may not be in a pickup group.",
        "VERSION_CONFLICT": "The group's version is not `expectedVersion`: another caller changed it in the meantime.",
        "NOT_FOUND": "There is no such site, group or user, or the caller may not see it.",
        "INVALID_VALUE": "A key, name, number, extension or email cannot be stored; message and path say which.",
        "DUPLICATE_ROW": "The same key stands in an earlier row of the call.",
        "SITE_IN_USE": "The site has users or pickup groups, so it is not removed.",
    },
)


@strawberry.interface(description="A rule that the call broke. If there is any, nothing was changed.")
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
