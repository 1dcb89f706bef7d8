"""Random pages of a list whose rows come, go and change their names, against a Python list that does the same."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.pickup_group import PickupGroup
from models.queries.search_text import search_key, sort_key
from models.site import Site
from models.user import PickupStatus, StationType, User
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.lists import INFO
from tests.support.serving import serving_in_runner

QUERY = f"""query($site: ID!, $filter: UserFilter, $first: Int, $after: String, $last: Int, $before: String,
  $search: String, $orderBy: UserOrder) {{ users(siteId: $site, filter: $filter, first: $first, after: $after,
  last: $last, before: $before, search: $search, orderBy: $orderBy) {{
    totalCount edges {{ cursor node {{ id }} }} {INFO} }} }}"""

Place = tuple[str | int, ...]


@dataclass
class Kept:
    """A cursor that was given once, and where in the order its row stood then."""

    cursor: str
    place: Place


@dataclass
class Model:
    """The users of a site, some of them in a group, and the cursors that were given for each order."""

    site: Site
    group: PickupGroup
    users: list[User] = field(default_factory=list)
    kept: dict[tuple[str, str], list[Kept]] = field(default_factory=dict)

    def place(self, user: User, order: str) -> Place:
        if order == "EXTENSION":
            return (user.extension_key, user.key)
        return (user.last_name.lower(), user.first_name.lower(), user.key)

    def matching(self, search: str, status: PickupStatus | None) -> list[User]:
        return [
            user
            for user in self.users
            if all(
                any(term in (text or "").lower() for text in (user.first_name, user.last_name, user.extension))
                for term in search.lower().split()
            )
            and status in (None, user.pickup_status)
        ]


names = st.sampled_from(["a", "A", "ab", "a b", "B", "b c", ""])
extensions = st.sampled_from([None, "1", "01", "2", "10"])
stations = st.sampled_from([StationType.BASIC, StationType.FAX])
sizes = st.sampled_from([None, 0, 1, 2, 3, 100])
steps = st.one_of(
    st.tuples(st.just("add"), names, names, extensions, stations, st.booleans()),
    st.tuples(st.just("remove"), st.integers(0, 20)),
    st.tuples(st.just("rename"), st.integers(0, 20), names, names),
    *[
        st.fixed_dictionaries(
            {
                "size": st.tuples(st.sampled_from(["first", "last"]), sizes),
                "after": st.none() | st.integers(0, 50),
                "before": st.none() | st.integers(0, 50),
                "search": st.sampled_from(["", "", "a", "b A", "1", "z"]),
                "order": st.tuples(st.sampled_from(["NAME", "EXTENSION"]), st.sampled_from(["ASC", "DESC"])),
                "status": st.sampled_from([None, None, *PickupStatus]),
            }
        )
    ]
    * 3,
)


async def change(model: Model, step: tuple[Any, ...]) -> None:
    if step[0] == "add":
        _, first, last, extension, station, member = step
        group = model.group if member else None
        station = StationType.BASIC if member else station
        user = await make_user(model.site, first, last, extension=extension, station=station, group=group)
        model.users.append(user)
    elif model.users and step[0] == "remove":
        await model.users.pop(step[1] % len(model.users)).delete()
    elif model.users:
        user = model.users[step[1] % len(model.users)]
        user.first_name, user.last_name = step[2:]
        user.sort_key = sort_key(user.last_name, user.first_name)
        user.search_key = search_key(user.first_name, user.last_name, user.extension)
        await user.save()


async def look(api: Api, model: Model, asked: dict[str, Any]) -> None:
    """Asks for a page, and holds it against the same page of the model."""
    order, direction = asked["order"]
    kept = model.kept.setdefault(asked["order"], [])
    ends = [kept[asked[end] % len(kept)] if kept and asked[end] is not None else None for end in ("after", "before")]
    matching = model.matching(asked["search"], asked["status"])
    rows = sorted(matching, key=lambda user: model.place(user, order), reverse=direction == "DESC")
    places = [model.place(row, order) for row in rows]
    start, end = (past(places, ends[0], direction, itself=True), past(places, ends[1], direction, itself=False))
    inside = rows[start if ends[0] else 0 : end if ends[1] else None]
    name, size = asked["size"]
    number = 25 if size is None else size
    page = inside[max(0, len(inside) - number) :] if name == "last" and size is not None else inside[:number]
    more = len(page) < len(inside)
    backward = name == "last" and size is not None

    found = await api.ask(
        QUERY,
        site=model.site.id,
        after=ends[0].cursor if ends[0] else None,
        before=ends[1].cursor if ends[1] else None,
        search=asked["search"],
        orderBy={"field": order, "direction": direction},
        filter={"pickupStatus": asked["status"].value if asked["status"] else None},
        **{name: size},
    )

    answered = found["users"]
    assert [edge["node"]["id"] for edge in answered["edges"]] == [user.id for user in page]
    assert answered["totalCount"] == len(rows)
    assert answered["pageInfo"]["hasPreviousPage"] is (bool(ends[0] and start) or (backward and more))
    assert answered["pageInfo"]["hasNextPage"] is (bool(ends[1] and end < len(rows)) or (not backward and more))
    kept += [Kept(edge["cursor"], model.place(user, order)) for edge, user in zip(answered["edges"], page, strict=True)]


def past(places: list[Place], kept: Kept | None, direction: str, *, itself: bool) -> int:
    """How many of the places come before the one kept in the order; with `itself` that one too."""
    if kept is None:
        return 0
    earlier = [place < kept.place if direction == "ASC" else place > kept.place for place in places]
    return sum(earlier) + (itself and kept.place in places)


async def play(api: Api, sequence: list[Any]) -> None:
    site = await make_site()
    model = Model(site, await make_group(site))
    for _ in range(5):
        await change(model, ("add", "a", "b", None, StationType.BASIC, False))
    for step in sequence:
        await (look(api, model, step) if isinstance(step, dict) else change(model, step))


def test_page_equals_page_of_model(url: str) -> None:
    with serving_in_runner(url) as (runner, api):

        @settings(max_examples=30, deadline=None)
        @given(sequence=st.lists(steps, min_size=15, max_size=40))
        def play_all(sequence: list[Any]) -> None:
            runner.run(play(api, sequence))

        play_all()
