"""Indexes that find and count the available users of a site by a search term, on SQLite.

`availableUsers(search:)` with `totalCount`, on a site of 20,000 users of which 8,001 are available, takes a quarter to
a half of the CPU: a search reads these indexes alone, and no longer the row of each available user. It costs 0.15 ms
for the count without a search, because these indexes are wider, and 0.3 ms for an exchange of 20 members.

The indexes are partial, so that only a query with `pickup_status = 'AVAILABLE'` in its text can use them. A full index
with the same columns is as fast, but if the table has statistics and the new index does not, SQLite reads it for pages
of all users too, and sorts a whole site. They hold the column that their condition fixes, because SQLite otherwise
prefers `users_by_status`, which has two columns to compare.

PostgreSQL has the trigrams of `users_by_text`. Measured there: a partial index of trigrams saves 30 to 40 % of the CPU
on a small database, but among 250,000 users it saves nothing for terms whose page is read in its order; partial
covering indexes save nothing for terms of three characters and more.
"""

from models.migrations.operations.indexes import CreateIndex
from models.migrations.operations.migration import AtomicMigration


class Migration(AtomicMigration):
    dependencies = [("models", "m0001_directory")]  # noqa: RUF012 - the form that Tortoise reads

    operations = [  # noqa: RUF012
        CreateIndex(
            "available_users_by_name",
            "users",
            "(site_id, pickup_status, sort_key, id, search_key) WHERE pickup_status = 'AVAILABLE'",
            only="sqlite",
        ),
        CreateIndex(
            "available_users_by_extension",
            "users",
            "(site_id, pickup_status, extension_key, id, search_key) WHERE pickup_status = 'AVAILABLE'",
            only="sqlite",
        ),
    ]
