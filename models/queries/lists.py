"""The lists of the domain: which row they belong to, and the orders in which they can be read."""

from models.change import Change
from models.pickup_group import PickupGroup
from models.queries.pagination import ListDefinition, Order
from models.site import Site
from models.user import PickupStatus, User

_KEY = ("id", int)

_BY_NAME = Order("NAME", (("sort_key", str), _KEY))
_BY_EXTENSION = Order("EXTENSION", (("extension_key", int), _KEY))
_BY_REVISION = Order("REVISION", (("revision", int), _KEY))

_USER_ORDERS = {"NAME": _BY_NAME, "EXTENSION": _BY_EXTENSION}
_GROUP_ORDERS = {
    "NAME": _BY_NAME,
    "CREATED_AT": Order("CREATED_AT", (("created_at", str), _KEY)),
    "UPDATED_AT": Order("UPDATED_AT", (("updated_at", str), _KEY)),
}

SITES = ListDefinition("sites", Site, {"NAME": _BY_NAME})
USERS = ListDefinition("users", User, _USER_ORDERS, parent="site_id")
PICKUP_GROUPS = ListDefinition("pickupGroups", PickupGroup, _GROUP_ORDERS, parent="site_id")
CHANGES = ListDefinition("changes", Change, {"REVISION": _BY_REVISION}, parent="site_id")
CHANGES_OF_GROUP = ListDefinition("pickupGroupChanges", Change, {"REVISION": _BY_REVISION}, parent="pickup_group_id")
MEMBERS = ListDefinition("members", User, _USER_ORDERS, parent="pickup_group_id")
AVAILABLE_USERS = ListDefinition(
    "availableUsers",
    User,
    _USER_ORDERS,
    parent="site_id",
    condition=f"x.pickup_status = '{PickupStatus.AVAILABLE.value}'",
)
