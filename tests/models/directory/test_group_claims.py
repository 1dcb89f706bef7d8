"""Which rows of groups.csv are accepted together, compared with the definition on random files."""

import random

import pytest

from models.directory.group_claims import Group, GroupRow, Member, accept_rows

ONE_GROUP = "an earlier row has the same site and name"


def row(number: int, name: str, *members: tuple[str, str | None], problem: str | None = None) -> GroupRow:
    """A row of the site A; each member with the name of the group where they are now."""
    claimed = [Member(key, None if group is None else ("A", group), group) for key, group in members]
    return GroupRow(number, number + 1, ("A", name), {"name": name}, claimed, problem)


def problems(*rows: GroupRow) -> list[str | None]:
    accept_rows(rows)
    return [row.problem for row in rows]


def outside(user: str, group: str) -> str:
    return f"{user} is in the group {group}, which no accepted row names"


def test_members_may_change_places_in_a_circle() -> None:
    assert problems(row(1, "a", ("u1", "b")), row(2, "b", ("u2", "c")), row(3, "c", ("u3", "a"))) == [None] * 3


def test_refused_row_refuses_all_rows_that_claim_its_members_in_turn() -> None:
    assert problems(
        row(1, "a", ("u1", "b")), row(2, "b", ("u2", "c")), row(3, "c", ("u3", "quiet")), row(4, "d", ("u4", None))
    ) == [outside("u1", "b"), outside("u2", "c"), outside("u3", "quiet"), None]


def test_row_refused_for_its_claims_repeats_nothing() -> None:
    assert problems(
        row(1, "a", ("u1", None), ("u2", "quiet")),
        row(2, "b", ("u1", None)),
        row(3, "a", ("u3", "b")),
    ) == [outside("u2", "quiet"), None, None]


def test_row_that_claims_member_of_group_with_repeated_row_only_is_refused() -> None:
    assert problems(row(1, "a", ("u1", None)), row(2, "b", ("u1", None)), row(3, "c", ("u2", "b"))) == [
        None,
        "u1 is in the group of an earlier row",
        outside("u2", "b"),
    ]


def test_row_repeated_by_refused_row_is_accepted_instead() -> None:
    assert problems(
        row(1, "a", ("u1", None)),
        row(2, "b", ("u1", None)),
        row(3, "c", ("u2", "b")),
        row(4, "C", ("u3", None)),
        row(5, "c", ("u4", None)),
        row(6, "d", ("u5", "c")),
    ) == [None, "u1 is in the group of an earlier row", outside("u2", "b"), None, None, None]


def test_long_chain_of_claims_takes_linear_time() -> None:
    number = 20_000
    rows = [row(place, f"g{place}", (f"u{place}", f"g{place + 1}")) for place in range(number)]

    accept_rows(rows)

    assert [each.problem for each in rows] == [outside(f"u{place}", f"g{place + 1}") for place in range(number)]


@pytest.mark.parametrize("seed", range(300))
def test_accepted_rows_are_consistent_and_refused_ones_could_not_be_accepted(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"g{number}" for number in range(chance.randint(1, 6))]
    groups = [*names, "quiet", None]
    now = {f"u{number}": chance.choice(groups) for number in range(8)}
    rows = [
        row(
            number,
            chance.choice(names),
            *((user, now[user]) for user in sorted(chance.sample(sorted(now), chance.randint(0, 3)))),
            problem="invalid" if chance.random() < 0.1 else None,
        )
        for number in range(chance.randint(1, 8))
    ]

    accept_rows(rows)

    accepted = [each for each in rows if each.problem is None]
    named: set[Group] = {each.group for each in accepted}
    claimed = [member.key for each in accepted for member in each.members]
    assert len(named) == len(accepted)
    assert len(set(claimed)) == len(claimed)
    for each in rows:
        lost = [m for m in each.members if m.group not in (None, each.group) and m.group not in named]
        earlier = [other for other in accepted if other.number < each.number]
        repeats = any(
            other.group == each.group or {m.key for m in other.members} & {m.key for m in each.members}
            for other in earlier
        )
        if each.problem is None:
            assert not lost
        elif each.problem == ONE_GROUP or each.problem.endswith("of an earlier row"):
            assert repeats
        elif each.problem != "invalid":
            assert lost or repeats or each.group in named or set(claimed) & {m.key for m in each.members}
