"""Sites: the locations of a customer, each with its own users and pickup groups."""

from tortoise import fields

from models.row import Row


class Site(Row):
    """A site. `revision` is the number of its last change; its row is the lock that every mutation takes."""

    key = fields.BigIntField(primary_key=True, source_field="id")
    external_id = fields.TextField()
    name = fields.TextField()
    main_number = fields.TextField(null=True)
    revision = fields.BigIntField(default=0)
    sort_key = fields.TextField()
    search_key = fields.TextField()

    class Meta:
        table = "sites"
