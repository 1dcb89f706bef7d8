"""Each rule that stored rows can break is held by the database, reported by `pickup check` and kept by an import.

Whoever adds a rule names here what breaks it, or why no stored row can.
"""

from dataclasses import dataclass

import pytest

from models.domain.rules import Rule
from tests.support.directory import Directory, user
from tests.support.loose import GROUP_COLUMNS, VALID_ROWS, problems_after
from tests.support.tables import refuses, run

NAME = "pickup_groups_name_check"
INVALID_NAME = "pickup group 1 has an invalid name"
SECOND_GROUP = (
    f"INSERT INTO pickup_groups ({GROUP_COLUMNS}) "
    "SELECT 2, site_id, 'SALES', name_key, sort_key, search_key, 1, created_at, updated_at FROM pickup_groups"
)


@dataclass(frozen=True)
class Broken:
    """How a rule is broken: by SQL that violates the constraint, and by the second of two rows of groups.csv.

    `problem` is among what the check reports of the first, `reason` is why the second is refused. The file has a row of
    the group Sales with its member u1, a BASIC user; u2 has a FAX, and u3 is on another site.
    """

    sql: str
    constraint: str
    problem: str
    row: str
    reason: str


RULES: dict[Rule, Broken | str] = {
    Rule.NAME_REQUIRED: Broken(
        "UPDATE pickup_groups SET name = ''",
        NAME,
        INVALID_NAME,
        "A,\u200b,",
        "the name has nothing in it that can be seen",
    ),
    Rule.NAME_TOO_LONG: Broken(
        f"UPDATE pickup_groups SET name = '{'x' * 81}'",
        NAME,
        INVALID_NAME,
        f"A,{'x' * 81},",
        "the name has more than 80 characters",
    ),
    Rule.NAME_INVALID: Broken(
        "UPDATE pickup_groups SET name = 'a\x01b'",
        NAME,
        INVALID_NAME,
        "A,a\u200bb,",
        "the name holds a character that cannot be seen",
    ),
    Rule.NAME_TAKEN: Broken(
        SECOND_GROUP,
        "pickup_groups_name_taken",
        "2 pickup groups of site 1 share a name",
        "A,SALES,",
        "an earlier row has the same site and name",
    ),
    Rule.MEMBER_ON_ANOTHER_SITE: Broken(
        "UPDATE users SET site_id = 2 WHERE id = 1",
        "users_group_of_same_site",
        "user u1 is in a group of another site, or in one that does not exist",
        "A,Night,u3",
        "u3 is a user of another site",
    ),
    Rule.STATION_NOT_ELIGIBLE: Broken(
        "UPDATE users SET station_type = 'FAX' WHERE id = 1",
        "users_member_eligible",
        "user u1 is in a group with a station of the type FAX",
        "A,Night,u2",
        "u2 has a station of type FAX, which may not be in a group",
    ),
    Rule.MEMBER_IN_ANOTHER_GROUP: "a user has one column for their group; test_group_claims.py has what imports do",
    Rule.VERSION_CONFLICT: "about what a client has seen",
    Rule.NOT_FOUND: "about what a call names; test_constraints.py has the references of rows",
    Rule.INVALID_VALUE: "about what a call gives; test_columns.py and test_check.py have the values of columns",
    Rule.DUPLICATE_ROW: "about the rows of one call; test_constraints.py has the uniqueness of keys",
    Rule.SITE_IN_USE: "about a removal, and no import removes sites; test_constraints.py has the references",
}

BROKEN = [pytest.param(broken, id=rule.name) for rule, broken in RULES.items() if isinstance(broken, Broken)]


def test_every_rule_is_here() -> None:
    assert RULES.keys() == set(Rule)


@pytest.mark.parametrize("broken", BROKEN)
async def test_database_holds_rule(directory: Directory, broken: Broken) -> None:
    for sql in VALID_ROWS:
        await run(directory.database, sql)

    await refuses(directory.database, broken.constraint, broken.sql)


@pytest.mark.parametrize("broken", BROKEN)
def test_check_reports_broken_rule(loose: str, broken: Broken) -> None:
    assert broken.problem in problems_after(loose, broken.sql)


@pytest.mark.parametrize("broken", BROKEN)
async def test_import_refuses_row_that_breaks_rule(directory: Directory, broken: Broken) -> None:
    users = user("u1") + user("u2", station="FAX") + user("u3", "B")

    await directory.load("A,a,\nB,b,\n", users, f"A,Sales,u1\n{broken.row}\n")

    assert directory.refused == [("groups.csv", 3, broken.reason)]
    assert await directory.members() == {"u1": "Sales"}
