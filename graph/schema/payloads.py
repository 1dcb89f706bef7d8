"""What mutations answer."""

import strawberry

from graph.schema.types import PickupGroup, User
from graph.schema.violations import RuleViolation

_VIOLATIONS = "All rules that the call broke; where there is any, nothing was changed."
_CLEARED = "The users among those who joined, or would in a dry run, who were exempt from barge-in until now."


@strawberry.type(description="What became of creating a pickup group.")
class CreatePickupGroupPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The new group; null where a rule was broken, and in a dry run."
    )
    barge_in_exemptions_cleared: list[User] = strawberry.field(description=_CLEARED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of renaming a pickup group.")
class RenamePickupGroupPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The group as it stands after the call; null only where it is not found.",
    )
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of changing the members of a pickup group.")
class PickupGroupMembersPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The group as it stands after the call; null only where it is not found.",
    )
    added: list[User] = strawberry.field(description="The users who joined the group, or would in a dry run.")
    removed: list[User] = strawberry.field(description="The users who left the group, or would in a dry run.")
    barge_in_exemptions_cleared: list[User] = strawberry.field(description=_CLEARED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of deleting a pickup group.")
class DeletePickupGroupPayload:
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the group that was deleted; null where a rule was broken, and in a dry run."
    )
    released: list[User] = strawberry.field(
        description="The users who were its members, or in a dry run those who are."
    )
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)
