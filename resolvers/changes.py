"""Changes: how the fields of a site's history are read."""

from models.change import Change
from models.pickup_group import PickupGroup
from models.site import Site
from models.user import User
from resolvers.json_query.row_type import Kind, RowType, Scalar, ToOne

RowType(
    Change,
    site=ToOne(Site, "site_key"),
    pickup_group=ToOne(PickupGroup, "pickup_group_key"),
    pickup_group_id=Scalar("x.pickup_group_id", Kind.ID, nullable=True, of=PickupGroup),
    members_added=Scalar("x.added_keys", Kind.IDS, of=User),
    members_removed=Scalar("x.removed_keys", Kind.IDS, of=User),
    barge_in_exemptions_cleared=Scalar("x.cleared_keys", Kind.IDS, of=User),
)
