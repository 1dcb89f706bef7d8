"""The enums of the API: those of the domain, described for clients, and the orders of lists."""

from enum import Enum, EnumMeta
from typing import TypeVar

import strawberry

from models.caller import Permission
from models.change import ChangeKind
from models.domain.membership_ends import MembershipEndReason
from models.user import PickupStatus, StationType

__all__ = [
    "ChangeKind",
    "MembershipEndReason",
    "OrderDirection",
    "Permission",
    "PickupGroupOrderField",
    "PickupStatus",
    "SiteOrderField",
    "StationType",
    "UserOrderField",
]

E = TypeVar("E", bound=EnumMeta)


def described(enum: E, about: str, values: dict[str, str]) -> E:
    """The enum as a GraphQL type with those descriptions, one for every value."""
    strawberry.enum(enum, description=about)
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry puts it there
        value.description = values[value.name]
    return enum


described(
    Permission,
    "What a caller may do on the sites granted to them.",
    {
        "READ": "See the sites granted, their users, pickup groups and changes.",
        "WRITE": "Change pickup groups on the sites granted. Includes READ.",
        "PROVISION": "Change the directory, sites and users, of the sites granted. Includes READ, not WRITE.",
    },
)

described(
    StationType,
    "What the site has bought for a user's telephone. The first five may join a pickup group; the others may not.",
    {
        "PREMIUM": "A telephone with every feature. May join a pickup group.",
        "STANDARD": "A telephone with the usual features. May join a pickup group.",
        "BASIC": "A telephone that calls and is called. May join a pickup group.",
        "HOSTED_SQUARE_KEY": "A key-system telephone with the lines of a small office. May join a pickup group.",
        "HOSTED_PRI": "A line of a primary-rate trunk hosted for the site. May join a pickup group.",
        "CONFERENCE_ROOM": "A telephone of a meeting room. May not join a pickup group.",
        "FAX": "A fax machine. May not join a pickup group.",
        "VOICEMAIL_ONLY": "A mailbox without a telephone. May not join a pickup group.",
        "AUTO_ATTENDANT": "A recorded attendant that directs callers. May not join a pickup group.",
    },
)

described(
    PickupStatus,
    "Where a user stands towards pickup groups. The first that holds is given.",
    {
        "ASSIGNED": "The user is in a pickup group.",
        "STATION_NOT_ELIGIBLE": "The user is in no group, and has a station type that may not join one.",
        "AVAILABLE": "The user is in no group and may be put into one.",
    },
)

described(
    ChangeKind,
    "What a change did.",
    {
        "PICKUP_GROUP_CREATED": "A group was made: `nameAfter` and, if it began with members, `membersAdded` "
        "and `bargeInExemptionsCleared`.",
        "PICKUP_GROUP_RENAMED": "A group got another name: `nameBefore` and `nameAfter`.",
        "PICKUP_GROUP_MEMBERS_CHANGED": "Users joined or left a group: `membersAdded`, `membersRemoved` "
        "and `bargeInExemptionsCleared`.",
        "PICKUP_GROUP_DELETED": "A group was deleted: `nameBefore`, and all its members in `membersRemoved`.",
        "DIRECTORY_CHANGED": "An import or a mutation of the directory changed the site itself or users of it. "
        "Query them again.",
    },
)

described(
    MembershipEndReason,
    "Why a user left their pickup group. The first that holds is given.",
    {
        "MOVED_TO_ANOTHER_SITE": "The user belongs to another site now.",
        "STATION_NOT_ELIGIBLE": "The user has a station type now that may not be in a pickup group.",
        "REMOVED": "The user was removed.",
    },
)


class OrderDirection(Enum):
    """The direction of an order."""

    ASC = "ASC"
    DESC = "DESC"


class SiteOrderField(Enum):
    """What sites can be ordered by."""

    NAME = "NAME"


class UserOrderField(Enum):
    """What users can be ordered by."""

    NAME = "NAME"
    EXTENSION = "EXTENSION"


class PickupGroupOrderField(Enum):
    """What pickup groups can be ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


described(
    OrderDirection,
    "The direction of an order.",
    {"ASC": "From the first to the last: A to Z, 1 to 9, old to new.", "DESC": "From the last to the first."},
)
described(
    SiteOrderField,
    "What sites can be ordered by. Rows that are equal there follow in the order of their keys.",
    {"NAME": "The name, without case and accents."},
)
described(
    UserOrderField,
    "What users can be ordered by. Rows that are equal there follow in the order of their keys.",
    {
        "NAME": "The last name, then the first name, without case and accents.",
        "EXTENSION": "The extension as a number. Users without one come last in ASC, first in DESC.",
    },
)
described(
    PickupGroupOrderField,
    "What pickup groups can be ordered by. Rows that are equal there follow in the order of their keys.",
    {
        "NAME": "The name, without case and accents.",
        "CREATED_AT": "The instant of creation.",
        "UPDATED_AT": "The instant of the last change to the group.",
    },
)
