"""The integrity check: it reports every problem that stored data can have, and none ends it early."""

import pytest

from tests.support.loose import CHANGE_COLUMNS, GROUP_COLUMNS, problems_after

ON_SQLITE = pytest.mark.parametrize("loose", ["sqlite"], indirect=True)


def user_is(what: str) -> str:
    return f"UPDATE users SET {what} WHERE id = 1"


def change_is(number: int, what: str) -> str:
    return f"UPDATE changes SET {what} WHERE id = {number}"


DIFFERS = "pickup group 1 differs from the change log: in its name, version or members"
NOT_LOGGED = "pickup group 1 is stored, but not in the change log"
NOT_STORED = "pickup group 1 is in the change log of site 1, but it is not stored there"
NO_GROUP = "site 1, revision 3: a change to a group that does not exist"
OTHER_STATE = "the group has another name or other members at that revision"
DIRECTORY_WITH_GROUP = "site 1, revision 1: a change of the directory with a group, name or members"
NO_INSTANT = "site 1, revision 1: its time is yesterday, which is not an instant"
GAP = "the 3 changes of site A are not numbered from 1 without a gap"
DERIVED = "user u1 has a sort or search key that does not match their name or numbers"
ANOTHER_SITE = "user u1 is in a group of another site, or in one that does not exist"


def test_check_finds_nothing_in_valid_rows(loose: str) -> None:
    assert problems_after(loose) == []


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        (user_is("extension = 'abc'"), ["user u1 has the extension 'abc', which is not 1 to 15 digits"]),
        (user_is("extension = ''"), ["user u1 has the extension '', which is not 1 to 15 digits"]),
        (user_is("extension = '8'"), [DERIVED]),
        (user_is("phone_number = '123'"), ["user u1 has the phone number 123, which is not in E.164", DERIVED]),
        (user_is("email = 'x'"), ["user u1 has the email x, which is not an address", DERIVED]),
        (user_is("first_name = '', last_name = ''"), ["user u1 has no name", DERIVED]),
        (user_is("external_id = '*'"), ["user * has an invalid key"]),
        (user_is("external_id = ''"), ["user  has an invalid key"]),
        (user_is("external_id = 'a|b'"), ["user a|b has an invalid key"]),
        (user_is("external_id = 'u2'"), ["2 users have the key u2"]),
        (user_is("first_name = NULL"), ["the row 1 of users cannot be read: first_name is None"]),
        (user_is("station_type = NULL"), ["the row 1 of users cannot be read: station_type is None"]),
        (
            user_is("station_type = 'PHONE'"),
            ["user u1 is in a group with a station of the type PHONE", "user u1 has the unknown station type PHONE"],
        ),
        (user_is("site_id = NULL"), ["the row 1 of users cannot be read: site_id is None"]),
        (user_is("site_id = 9"), [ANOTHER_SITE, "user u1 has no site"]),
        (user_is("site_id = 2"), [ANOTHER_SITE]),
        (user_is("pickup_group_id = 9"), [ANOTHER_SITE, DIFFERS]),
        (user_is("barge_in_exempt = TRUE"), ["user u1 is in a group and exempt from barge-in"]),
        (user_is("pickup_group_id = NULL"), [DIFFERS]),
        (user_is("external_id = 'e\u0301'"), ["user e\u0301 has an invalid key"]),
        (user_is("first_name = ' Ann'"), ["user u1 has an invalid name"]),
        (user_is("last_name = 'L\u200bee', sort_key = 'lee\x01ann'"), ["user u1 has an invalid name"]),
        ("UPDATE sites SET name = 'Bee\u202e' WHERE id = 2", ["site B has an invalid name"]),
        ("UPDATE sites SET external_id = '' WHERE id = 2", ["site  has an invalid key"]),
        ("UPDATE sites SET external_id = '*' WHERE id = 2", ["site * has an invalid key"]),
        ("UPDATE sites SET external_id = 'a|b' WHERE id = 2", ["site a|b has an invalid key"]),
        ("UPDATE sites SET external_id = 'A' WHERE id = 2", ["2 sites have the key A"]),
        ("UPDATE sites SET name = '', sort_key = '', search_key = '' WHERE id = 2", ["site B has no name"]),
        ("UPDATE sites SET name = NULL WHERE id = 2", ["the row 2 of sites cannot be read: name is None"]),
        (
            "UPDATE sites SET main_number = '123', search_key = 'bee\n123' WHERE id = 2",
            ["site B has the main number 123, which is not in E.164"],
        ),
        (
            "UPDATE sites SET sort_key = 'x' WHERE id = 2",
            ["site B has a sort or search key that does not match its name"],
        ),
        (
            "UPDATE pickup_groups SET name = NULL",
            ["the row 1 of pickup_groups cannot be read: name is None", DIFFERS],
        ),
        ("UPDATE pickup_groups SET name = ' Sales'", ["pickup group 1 has an invalid name", DIFFERS]),
        (
            "UPDATE pickup_groups SET name_key = 'x'",
            ["pickup group 1 has a sort or search key that does not match its name"],
        ),
        ("UPDATE pickup_groups SET created_at = 'zz'", ["pickup group 1 has a time that is not an instant"]),
        ("UPDATE pickup_groups SET version = 0", ["pickup group 1 has the version 0", DIFFERS]),
        ("UPDATE pickup_groups SET site_id = 2", [ANOTHER_SITE, NOT_LOGGED, NOT_STORED]),
        ("UPDATE pickup_groups SET site_id = 9", [ANOTHER_SITE, "pickup group 1 has no site", NOT_LOGGED, NOT_STORED]),
        ("DELETE FROM pickup_groups", [ANOTHER_SITE, NOT_STORED]),
        (
            f"INSERT INTO pickup_groups ({GROUP_COLUMNS}) "
            "SELECT 2, 1, 'SALES', 'sales', 'sales', 'sales', 1, created_at, updated_at FROM pickup_groups",
            ["2 pickup groups of site 1 share a name", "pickup group 2 is stored, but not in the change log"],
        ),
    ],
)
def test_check_reports_problem_of_site_user_or_group(loose: str, statement: str, problems: list[str]) -> None:
    assert problems_after(loose, statement) == problems


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        (
            "UPDATE sites SET revision = 4 WHERE id = 1",
            ["site A is at revision 4, but has 3 changes, the last of revision 3"],
        ),
        (
            "UPDATE sites SET revision = 1 WHERE id = 2",
            ["site B is at revision 1, but has 0 changes, the last of revision 0"],
        ),
        (change_is(1, "revision = 0"), [GAP]),
        (change_is(1, "revision = -5"), [GAP]),
        (change_is(2, "revision = 1"), [GAP]),
        (change_is(1, "revision = 3"), [GAP]),
        (
            change_is(1, "site_id = 9"),
            [
                "site A is at revision 3, but has 2 changes, the last of revision 3",
                "the 2 changes of site A are not numbered from 1 without a gap",
                "the change stored as 1 has no site",
            ],
        ),
        (
            change_is(1, "revision = NULL"),
            [GAP, "the change stored as 1 cannot be read: revision is None"],
        ),
        (
            change_is(1, "occurred_at = 'yesterday'"),
            [NO_INSTANT],
        ),
        (change_is(1, "kind = 'OTHER'"), ["site 1, revision 1: a change of an unknown kind: OTHER"]),
        (change_is(1, "actor = NULL"), ["the change stored as 1 cannot be read: actor is None"]),
        (
            change_is(1, "pickup_group_id = 1"),
            [DIRECTORY_WITH_GROUP],
        ),
        (
            change_is(1, "added_keys = '[1]'"),
            [DIRECTORY_WITH_GROUP],
        ),
        (
            change_is(1, "name_after = 'x'"),
            [DIRECTORY_WITH_GROUP],
        ),
        (change_is(3, "added_keys = ''"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "removed_keys = '[1'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "cleared_keys = '{}'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "added_keys = '[2, 2]'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (change_is(3, "added_keys = '[true]'"), ["site 1, revision 3: its lists of users cannot be read", DIFFERS]),
        (
            change_is(2, "cleared_keys = '[1, 2]'"),
            ["site 1, revision 2: exemptions are cleared of users who are not added"],
        ),
        (
            change_is(2, "pickup_group_id = NULL"),
            ["site 1, revision 2: a change to a group without the group", NO_GROUP, NOT_LOGGED],
        ),
        (
            change_is(2, "name_before = 'Older'"),
            [
                "site 1, revision 2: a change of the kind PICKUP_GROUP_CREATED cannot have these names",
                f"site 1, revision 2: {OTHER_STATE}",
            ],
        ),
        (
            change_is(2, "kind = 'PICKUP_GROUP_RENAMED', name_before = 'x'"),
            ["site 1, revision 2: a change to a group that does not exist", NO_GROUP, NOT_LOGGED],
        ),
        (change_is(3, "name_before = 'Other'"), [f"site 1, revision 3: {OTHER_STATE}"]),
        (change_is(3, "name_after = 'Other'"), [DIFFERS]),
        (change_is(3, "removed_keys = '[2]'"), [f"site 1, revision 3: {OTHER_STATE}"]),
        (change_is(3, "added_keys = '[1]'"), [f"site 1, revision 3: {OTHER_STATE}"]),
        (change_is(3, "added_keys = '[2]'"), [DIFFERS]),
        (
            change_is(3, "kind = 'PICKUP_GROUP_CREATED', name_before = NULL"),
            ["site 1, revision 3: a group is created that exists", DIFFERS],
        ),
        (
            change_is(3, "kind = 'PICKUP_GROUP_DELETED', name_after = NULL"),
            ["site 1, revision 3: a group is deleted that still has members", NOT_LOGGED],
        ),
        (
            change_is(3, "kind = 'PICKUP_GROUP_DELETED', name_after = NULL, removed_keys = '[1]'"),
            [NOT_LOGGED],
        ),
    ],
)
def test_check_reports_problem_of_change_log(loose: str, statement: str, problems: list[str]) -> None:
    assert problems_after(loose, statement) == problems


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        (user_is("barge_in_exempt = 'yes'"), ["the row 1 of users cannot be read: barge_in_exempt is 'yes'"]),
        (
            "UPDATE users SET barge_in_exempt = 7 WHERE id = 2",
            ["user u2 has the barge-in exemption 7"],
        ),
        (user_is("first_name = X'ff'"), ["the row 1 of users cannot be read: first_name is b'\\xff'"]),
        (user_is("first_name = CAST(X'ff' AS TEXT)"), ["the row 1 of users cannot be read: a text in it is not UTF-8"]),
        (
            change_is(3, "site_id = 'abc'"),
            [
                "site A is at revision 3, but has 2 changes, the last of revision 2",
                "the change stored as 3 has no site",
                "the change stored as 3 cannot be read: site_id is 'abc'",
                DIFFERS,
            ],
        ),
    ],
)
def test_check_reports_wrong_type_on_sqlite(loose: str, statement: str, problems: list[str]) -> None:
    assert problems_after(loose, statement) == problems


def test_check_reports_problems_of_every_batch(loose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.integrity.check.BATCH", 2)
    more = [
        statement
        for key in range(3, 9)
        for statement in (
            f"INSERT INTO sites (id, external_id, name, revision, sort_key, search_key) "
            f"VALUES ({key}, 'S{key}', 'S', 1, 's', 's')",
            f"INSERT INTO pickup_groups ({GROUP_COLUMNS}) "
            f"SELECT {key}, {key}, name, name_key, sort_key, search_key, 1, created_at, updated_at "
            "FROM pickup_groups WHERE id = 1",
            f"INSERT INTO changes ({CHANGE_COLUMNS}) "
            f"SELECT {key + 1}, {key}, 1, kind, actor, occurred_at, {key}, name_before, 'Sales', '[]', '[]', '[]' "
            "FROM changes WHERE id = 2",
        )
    ]

    before = problems_after(loose, *more)
    after_changes = problems_after(
        loose,
        "UPDATE pickup_groups SET version = 2 WHERE id IN (4, 8)",
        "UPDATE pickup_groups SET site_id = 5 WHERE id = 6",
        "UPDATE users SET email = 'x' WHERE id = 2",
    )

    differ = "differs from the change log: in its name, version or members"
    assert before == []
    assert after_changes == [
        "2 pickup groups of site 5 share a name",
        "user u2 has the email x, which is not an address",
        "user u2 has a sort or search key that does not match their name or numbers",
        f"pickup group 4 {differ}",
        "pickup group 6 is stored, but not in the change log",
        "pickup group 6 is in the change log of site 6, but it is not stored there",
        f"pickup group 8 {differ}",
    ]
