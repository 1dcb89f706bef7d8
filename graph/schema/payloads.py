"""What mutations answer."""

import strawberry

from graph.schema.enums import MembershipEndReason
from graph.schema.types import PickupGroup, Site, User
from graph.schema.violations import RuleViolation

_VIOLATIONS = "All rules that the call broke; if there is any, nothing was changed."
_CLEARED = "The users among those who joined, or would in a dry run, who were exempt from barge-in until now."


@strawberry.type(description="What became of creating a pickup group.")
class CreatePickupGroupPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The new group; null if a rule was broken, and in a dry run."
    )
    barge_in_exemptions_cleared: list[User] = strawberry.field(description=_CLEARED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of renaming a pickup group.")
class RenamePickupGroupPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The group as it stands after the call; null only if it is not found.",
    )
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of changing the members of a pickup group.")
class PickupGroupMembersPayload:
    pickup_group: PickupGroup | None = strawberry.field(
        description="The group as it stands after the call; null only if it is not found.",
    )
    added: list[User] = strawberry.field(description="The users who joined the group, or would in a dry run.")
    removed: list[User] = strawberry.field(description="The users who left the group, or would in a dry run.")
    barge_in_exemptions_cleared: list[User] = strawberry.field(description=_CLEARED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="What became of deleting a pickup group.")
class DeletePickupGroupPayload:
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the group that was deleted; null if a rule was broken, and in a dry run."
    )
    released: list[User] = strawberry.field(
        description="The users who were its members, or in a dry run those who are."
    )
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="A user who left their pickup group, or would in a dry run.")
class MembershipEnded:
    user_external_id: str = strawberry.field(description="The key of the user in the upstream directory.")
    pickup_group: PickupGroup = strawberry.field(description="The group that they left.")
    reason: MembershipEndReason = strawberry.field(description="Why they left it.")


_ADDED = "How many rows had a key that was not stored yet."
_CHANGED = "How many rows changed what was stored."
_REMOVED = "How many were removed, or would be in a dry run."
_ENDED = "The users who left their pickup group, or would in a dry run."


@strawberry.type(description="The result of adding and changing sites.")
class UpsertSitesPayload:
    sites: list[Site] = strawberry.field(
        description="The sites in the order of the rows, as they are after the call. A dry run leaves out new ones."
    )
    added: int = strawberry.field(description=_ADDED)
    changed: int = strawberry.field(description=_CHANGED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="The result of adding and changing users.")
class UpsertUsersPayload:
    users: list[User] = strawberry.field(
        description="The users in the order of the rows, as they are after the call. A dry run leaves out new ones."
    )
    added: int = strawberry.field(description=_ADDED)
    changed: int = strawberry.field(description=_CHANGED)
    barge_in_exemptions_cleared: list[User] = strawberry.field(
        description="The members of pickup groups whose row asks for an exemption from barge-in: they stay not exempt."
    )
    memberships_ended: list[MembershipEnded] = strawberry.field(description=_ENDED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="The result of removing users.")
class RemoveUsersPayload:
    removed: int = strawberry.field(description=_REMOVED)
    memberships_ended: list[MembershipEnded] = strawberry.field(description=_ENDED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)


@strawberry.type(description="The result of removing sites.")
class RemoveSitesPayload:
    removed: int = strawberry.field(description=_REMOVED)
    violations: list[RuleViolation] = strawberry.field(description=_VIOLATIONS)
