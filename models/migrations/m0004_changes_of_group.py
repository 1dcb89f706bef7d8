"""The index that reads the history of one pickup group."""

from models.migrations.operations.indexes import CreateIndex
from models.migrations.operations.migration import AtomicMigration


class Migration(AtomicMigration):
    dependencies = [("models", "m0003_apostrophes_and_dashes")]  # noqa: RUF012 - the form that Tortoise reads

    operations = [  # noqa: RUF012
        CreateIndex("changes_by_group", "changes", "(pickup_group_id, revision, id)"),
    ]
