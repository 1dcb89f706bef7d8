"""The sample directory, for an empty database."""

from pathlib import Path

from models.database.opening import opened_database
from models.database.url import DatabaseURL
from models.directory.import_job import ImportJob, import_directory
from models.directory.staging_area import with_single_connection

SAMPLE_ACTOR = "import:sample"


async def load_sample(address: DatabaseURL, folder: Path) -> None:
    """Import the files in the folder if the database has no site yet."""
    async with opened_database(with_single_connection(address)) as database:
        async with database.reading() as session:
            if await session.fetch("SELECT id FROM sites LIMIT 1", []):
                return
        files = (folder / "sites.csv", folder / "users.csv", folder / "groups.csv")
        await import_directory(database, ImportJob(SAMPLE_ACTOR, *files, dry_run=False))
