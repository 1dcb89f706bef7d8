"""Each kind of change is known to the database, to the replay of `pickup check`, and to the table of names."""

from models.change import NAMES_OF_KIND, ChangeKind
from models.database.database import Database
from models.domain.change_log import now
from models.integrity.replay import Replay
from tests.support.factories import make_site
from tests.support.tables import read_rows, run

CREATED, DELETED = ChangeKind.PICKUP_GROUP_CREATED, ChangeKind.PICKUP_GROUP_DELETED


def test_names_of_every_kind_are_declared() -> None:
    assert NAMES_OF_KIND.keys() == set(ChangeKind)


async def test_database_and_check_know_every_kind(database: Database) -> None:
    site = await make_site()
    # The group is there from the first change to the last.
    order = sorted(ChangeKind, key=lambda kind: (kind is not CREATED, kind is DELETED))
    for revision, kind in enumerate(order, 1):
        before, after = NAMES_OF_KIND[kind]
        group = "NULL" if kind is ChangeKind.DIRECTORY_CHANGED else "1"
        names = f"{repr('A') if before else 'NULL'}, {repr('A') if after else 'NULL'}"
        await run(
            database,
            "INSERT INTO changes (site_id, revision, kind, actor, occurred_at, pickup_group_id, name_before, "
            f"name_after) VALUES ({site.key}, {revision}, '{kind.value}', 'ann', '{now()}', {group}, {names})",
        )
    replay = Replay()
    changes = sorted((await read_rows(database, "changes"))["changes"], key=lambda change: change["revision"])

    problems = [problem for change in changes for problem in replay.add(change)]

    assert problems == []
    assert len(changes) == len(ChangeKind)
