"""Users: the people of a site with their telephones, and their pickup status."""

from enum import Enum

from tortoise import fields

from models.row import Row


class StationType(Enum):
    """The type of a user's station: what the site has bought for the telephone."""

    PREMIUM = "PREMIUM"
    STANDARD = "STANDARD"
    BASIC = "BASIC"
    HOSTED_SQUARE_KEY = "HOSTED_SQUARE_KEY"
    HOSTED_PRI = "HOSTED_PRI"
    CONFERENCE_ROOM = "CONFERENCE_ROOM"
    FAX = "FAX"
    VOICEMAIL_ONLY = "VOICEMAIL_ONLY"
    AUTO_ATTENDANT = "AUTO_ATTENDANT"


ELIGIBLE_STATIONS = (
    StationType.PREMIUM,
    StationType.STANDARD,
    StationType.BASIC,
    StationType.HOSTED_SQUARE_KEY,
    StationType.HOSTED_PRI,
)
"""The only stations that may be in a pickup group."""

ELIGIBLE_NAMES = frozenset(station.value for station in ELIGIBLE_STATIONS)
ELIGIBLE_SQL = ", ".join(f"'{station.value}'" for station in ELIGIBLE_STATIONS)


class PickupStatus(Enum):
    """Whether a user is in a pickup group or may join one, in this order of precedence."""

    ASSIGNED = "ASSIGNED"
    STATION_NOT_ELIGIBLE = "STATION_NOT_ELIGIBLE"
    AVAILABLE = "AVAILABLE"


MISSING_EXTENSION = 2**63 - 1
"""The `extension_key` of a user without an extension: sorts after every extension."""


class User(Row):
    """A user. `pickup_group_key` is the membership: one column, so at most one group.

    The table also has a generated column `pickup_status`, which only queries read.
    """

    key = fields.BigIntField(primary_key=True, source_field="id")
    external_id = fields.TextField()
    site_key = fields.BigIntField(source_field="site_id")
    first_name = fields.TextField()
    last_name = fields.TextField()
    extension = fields.TextField(null=True)
    phone_number = fields.TextField(null=True)
    email = fields.TextField(null=True)
    station_type = fields.TextField()
    barge_in_exempt = fields.BooleanField(default=False)
    pickup_group_key = fields.BigIntField(null=True, source_field="pickup_group_id")
    sort_key = fields.TextField()
    extension_key = fields.BigIntField(default=MISSING_EXTENSION)
    search_key = fields.TextField()

    class Meta:
        table = "users"

    @property
    def display_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def eligible(self) -> bool:
        return self.station_type in ELIGIBLE_NAMES

    @property
    def pickup_status(self) -> PickupStatus:
        if self.pickup_group_key is not None:
            return PickupStatus.ASSIGNED
        return PickupStatus.AVAILABLE if self.eligible else PickupStatus.STATION_NOT_ELIGIBLE
