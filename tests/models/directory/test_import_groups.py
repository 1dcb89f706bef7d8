"""Import of groups.csv: memberships and exemptions, and the rows that are refused."""

from tests.support.directory import Directory, user


async def test_membership_ends_if_user_moves_is_removed_or_not_eligible(directory: Directory) -> None:
    rest = "".join(user(f"x{number}") for number in range(9))
    before = user("move") + user("fax") + user("gone") + user("stay", exempt="1") + rest
    await directory.load("A,Ay,\nB,Bee,\n", before, "A,Sales,move|fax|gone|stay\n")

    report = await directory.load(
        users=user("move", "B") + user("fax", station="fax") + user("stay", exempt="1") + rest, prune=True
    )

    assert (report.tally.memberships_ended, report.tally.changed, report.tally.removed) == (3, 2, 1)
    assert directory.notes == [
        "stay joined the group Sales: exempt no longer",
        "fax left the group Sales: has a station that may not be in a group",
        "gone left the group Sales: is removed",
        "move left the group Sales: moves to another site",
        "stay is in the group Sales: stays not exempt",
    ]
    assert await directory.members() == {"stay": "Sales"}
    assert await directory.kinds() == [
        ("A", "PICKUP_GROUP_CREATED"),
        ("A", "DIRECTORY_CHANGED"),
        ("A", "PICKUP_GROUP_MEMBERS_CHANGED"),
        ("A", "DIRECTORY_CHANGED"),
        ("B", "DIRECTORY_CHANGED"),
        ("B", "DIRECTORY_CHANGED"),
    ]
    assert await directory.ask("SELECT count(*) FROM users WHERE barge_in_exempt AND pickup_group_id IS NOT NULL") == [
        (0,)
    ]


async def test_members_change_places(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1\nA,Two,u2\n")

    report = await directory.load(groups="A,one,u2\nA,TWO,u1\n")

    assert (report.refused, report.tally.groups_changed) == (0, 2)
    assert await directory.members() == {"u1": "Two", "u2": "One"}


async def test_member_stays_not_exempt_until_membership_ends(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1", exempt="yes") + user("u2", exempt="yes"), "A,Sales,u1\n")
    before = await directory.exempt()

    again = await directory.load(users=user("u1", exempt="yes") + user("u2", exempt="yes"))
    left = await directory.load(users=user("u1", exempt="yes"), groups="A,Sales,\n")
    kinds = await directory.kinds()
    last = await directory.load(users=user("u1", exempt="yes"), groups="A,Sales,\n")

    assert before == ["u2"]
    assert (again.tally.changed, again.unchanged) == (0, 2)
    assert (left.tally.changed, left.tally.groups_changed, left.tally.memberships_ended) == (1, 1, 1)
    assert await directory.exempt() == ["u1", "u2"]
    assert kinds[-2:] == [("A", "PICKUP_GROUP_MEMBERS_CHANGED"), ("A", "DIRECTORY_CHANGED")]
    assert (last.tally.changed, await directory.kinds()) == (0, kinds)


async def test_member_of_another_group_stays_not_exempt(directory: Directory) -> None:
    rows = user("u1", exempt="yes") + user("u2")
    await directory.load("A,Ay,\n", rows, "A,One,u1\nA,Two,u2\n")

    report = await directory.load(users=rows, groups="A,One,\nA,Two,u1\n")

    assert (report.tally.exemptions_cleared, report.tally.changed, report.tally.groups_changed) == (0, 0, 2)
    assert directory.notes[1:] == [
        "u1 left the group One: joins the group Two",
        "u2 left the group Two: is not in the row of the group",
        "u1 is in the group Two: stays not exempt",
    ]
    assert await directory.members() == {"u1": "Two"}
    assert await directory.exempt() == []


async def test_stored_exemption_of_new_member_is_cleared(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1", exempt="yes"))

    report = await directory.load(users=user("u1"), groups="A,Sales,u1\n")

    assert (report.tally.exemptions_cleared, report.tally.changed, report.unchanged) == (1, 0, 1)
    assert await directory.members() == {"u1": "Sales"}
    assert await directory.exempt() == []
    assert await directory.ask(
        "SELECT kind, added_keys = cleared_keys FROM changes ORDER BY revision DESC LIMIT 1"
    ) == [("PICKUP_GROUP_CREATED", True)]


async def test_each_member_whose_row_asks_for_exemption_is_noted(directory: Directory) -> None:
    rows = user("u1", exempt="yes") + user("u2", exempt="yes")
    await directory.load("A,Ay,\nB,Bee,\n", rows + user("b", "B", exempt="yes"), "A,Sales,u1\nB,Bees,b\n")
    joined = list(directory.notes)
    directory.notes.clear()

    await directory.load(users=rows + user("b", "B", exempt="yes"), groups="A,Sales,u1|u2\n")

    assert joined == ["b joined the group Bees: exempt no longer", "u1 joined the group Sales: exempt no longer"]
    assert directory.notes == [
        "u2 joined the group Sales: exempt no longer",
        "u1 is in the group Sales: stays not exempt",
        "b is in the group Bees: stays not exempt",
    ]


async def test_cleared_exemptions_are_recorded(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("old", exempt="1") + user("other") + user("free"))

    report = await directory.load(
        users=user("old", exempt="1") + user("other", exempt="1") + user("new", exempt="1") + user("free", exempt="1"),
        groups="A,Sales,old|other|new\n",
    )

    assert (report.tally.exemptions_cleared, report.tally.added, report.tally.changed) == (3, 1, 1)
    assert await directory.exempt() == ["free"]
    (cleared,) = await directory.ask(
        "SELECT c.cleared_keys, c.added_keys FROM changes AS c WHERE c.kind = 'PICKUP_GROUP_CREATED'"
    )
    assert cleared[0] == cleared[1] != "[]"


async def test_exemption_that_row_ends_is_a_change(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1", exempt="1"))

    report = await directory.load(users=user("u1"))

    assert report.tally.changed == 1
    assert await directory.exempt() == []
    assert (await directory.kinds())[-1] == ("A", "DIRECTORY_CHANGED")


async def test_group_row_with_member_of_unnamed_group_is_refused(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2") + user("u3"), "A,One,u1|u2\n")
    kinds = await directory.kinds()

    report = await directory.load(groups="A,Two,u2|u3\n")

    assert directory.refused == [("groups.csv", 2, "u2 is in the group One, which no accepted row names")]
    assert (report.tally.groups_created, report.tally.memberships_ended) == (0, 0)
    assert await directory.members() == {"u1": "One", "u2": "One"}
    assert await directory.kinds() == kinds


async def test_group_row_with_member_of_group_whose_row_is_refused_is_refused(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1|u2\n")

    await directory.load(groups="A,Two,u2\nA,One,u1|nobody\n")

    assert directory.refused == [
        ("groups.csv", 2, "u2 is in the group One, which no accepted row names"),
        ("groups.csv", 3, "there is no user nobody"),
    ]
    assert await directory.members() == {"u1": "One", "u2": "One"}


async def test_group_row_moves_member_of_named_group(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2") + user("u3"), "A,One,u1|u2|u3\n")
    directory.notes.clear()

    report = await directory.load(groups="A,Two,u2\nA,One,u1\n")

    assert (report.refused, report.tally.groups_created, report.tally.groups_changed) == (0, 1, 1)
    assert report.tally.memberships_ended == 2
    assert directory.notes == [
        "u2 left the group One: joins the group Two",
        "u3 left the group One: is not in the row of the group",
    ]
    assert await directory.members() == {"u1": "One", "u2": "Two"}
    assert (await directory.kinds())[2:] == [("A", "PICKUP_GROUP_MEMBERS_CHANGED"), ("A", "PICKUP_GROUP_CREATED")]
    assert await directory.ask("SELECT name, version FROM pickup_groups ORDER BY id") == [("One", 2), ("Two", 1)]


async def test_user_who_moves_leaves_a_group_that_no_row_names(directory: Directory) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", user("u1") + user("u2"), "A,One,u1|u2\n")
    directory.notes.clear()

    report = await directory.load(users=user("u1", "B"), groups="B,Two,u1\n")

    assert (report.refused, report.tally.memberships_ended) == (0, 1)
    assert directory.notes == ["u1 left the group One: moves to another site"]
    assert await directory.members() == {"u1": "Two", "u2": "One"}


async def test_dry_run_notes_ended_memberships(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1|u2\n")
    directory.notes.clear()

    report = await directory.load(groups="A,One,u1\n", dry_run=True)

    assert report.tally.memberships_ended == 1
    assert directory.notes == ["u2 left the group One: is not in the row of the group"]
    assert await directory.members() == {"u1": "One", "u2": "One"}


async def test_group_row_is_checked_against_state_after_all_rows(directory: Directory) -> None:
    await directory.load("A,Ay,\nB,Bee,\n", "".join(user(f"u{number}") for number in range(12)), "A,One,u0|u1\n")

    listed = "".join(user(f"u{number}") for number in range(3, 12))
    await directory.load(
        users=user("u0", "B") + user("u1", station="FAX") + listed,
        groups="A,One,u0\nA,Two,u1\nA,Three,u2\nB,Four,u0\nA,Five,u3|u4\n",
        prune=True,
    )

    assert directory.refused == [
        ("groups.csv", 2, "u0 is a user of another site"),
        ("groups.csv", 3, "u1 has a station of type FAX, which may not be in a group"),
        ("groups.csv", 4, "u2 is removed, since users.csv does not list them"),
    ]
    assert await directory.members() == {"u0": "Four", "u3": "Five", "u4": "Five"}


async def test_refused_group_row_claims_no_member_and_no_name(directory: Directory) -> None:
    await directory.load("A,Ay,\n", user("u1") + user("u2"), "A,One,u1|nobody\nA,ONE,u1|u2\n")

    assert directory.refused == [("groups.csv", 2, "there is no user nobody")]
    assert await directory.members() == {"u1": "ONE", "u2": "ONE"}


async def test_group_row_matches_name_in_any_case(directory: Directory) -> None:
    await directory.load("A,Ay,+15145550100\n", user("u1"), "A,Ventes Été,\nA,,\n")

    report = await directory.load(groups="A, VENTES  ÉTÉ ,u1\nA,,\n")

    assert (report.tally.groups_created, report.tally.groups_changed) == (0, 1)
    assert await directory.members() == {"u1": "Ventes Été"}
