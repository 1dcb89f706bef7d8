"""Pickup groups: users of a site who may answer each other's calls."""

from tortoise import fields

from models.row import Row


class PickupGroup(Row):
    """A pickup group. `version` is 1 at creation, and every change to the group adds 1.

    `name_key` must be unique within the site. Instants are RFC 3339 text in UTC with microseconds, which sorts by time
    on both databases.
    """

    key = fields.BigIntField(primary_key=True, source_field="id")
    site_key = fields.BigIntField(source_field="site_id")
    name = fields.TextField()
    name_key = fields.TextField()
    sort_key = fields.TextField()
    search_key = fields.TextField()
    version = fields.BigIntField(default=1)
    created_at = fields.TextField()
    updated_at = fields.TextField()

    class Meta:
        table = "pickup_groups"
