"""The floor: the work of the benchmark by hand, with SQL and dicts alone, with the same answers.

No tokens, limits, logs or metrics, no check that this data does not need, and an endpoint for each operation.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiosqlite
import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

URL = os.environ["FLOOR_DATABASE_URL"]
SQLITE = URL.startswith("sqlite://")


class Sqlite:
    """Two connections of the driver that the server has, one of them for changes."""

    async def open(self) -> None:
        self.reader, self.writer = [
            await aiosqlite.connect(URL.removeprefix("sqlite://"), isolation_level=None) for _ in range(2)
        ]
        await self.writer.execute("PRAGMA synchronous = FULL")
        await self.writer.execute("PRAGMA foreign_keys = ON")
        self.writing = asyncio.Lock()

    async def fetch(self, sql: str, *values: Any) -> Any:
        return await self.reader.execute_fetchall(sql.replace("$", "?"), values)

    @contextlib.asynccontextmanager
    async def change(self) -> AsyncIterator[Any]:
        async with self.writing:
            await self.writer.execute("BEGIN IMMEDIATE")
            yield lambda sql, *values: self.writer.execute_fetchall(sql.replace("$", "?"), values)
            await self.writer.commit()

    async def close(self) -> None:
        await self.reader.close()
        await self.writer.close()


class Postgres:
    """A pool of the driver that the server has."""

    async def open(self) -> None:
        self.pool = await asyncpg.create_pool(URL, min_size=1, max_size=10)

    async def fetch(self, sql: str, *values: Any) -> Any:
        return await self.pool.fetch(sql, *values)

    @contextlib.asynccontextmanager
    async def change(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection.fetch

    async def close(self) -> None:
        await self.pool.close()


database = Sqlite() if SQLITE else Postgres()


def keys(place: int) -> str:
    """A subquery of the keys in one value."""
    return f"(SELECT value FROM json_each(${place}))" if SQLITE else f"(SELECT unnest(${place}::bigint[]))"


def many(values: list[int]) -> Any:
    return orjson.dumps(values).decode() if SQLITE else values


MEMBERS_OF = (
    """SELECT g.value AS parent, u.id, u.first_name, u.last_name, u.extension FROM json_each($1) AS g JOIN users AS u
    ON u.id IN (SELECT id FROM users WHERE pickup_group_id = g.value ORDER BY sort_key, id LIMIT 10)
    ORDER BY g.key, u.sort_key, u.id"""
    if SQLITE
    else """SELECT g.key AS parent, u.* FROM unnest($1::bigint[]) WITH ORDINALITY AS g (key, place) CROSS JOIN LATERAL
    (SELECT id, first_name, last_name, extension, sort_key FROM users WHERE pickup_group_id = g.key
    ORDER BY sort_key, id LIMIT 10) AS u ORDER BY g.place, u.sort_key, u.id"""
)


def cursor(listing: str, *place: Any) -> str:
    return orjson.dumps([listing, *place]).hex().upper()


async def variables(request: Request) -> Any:
    return orjson.loads(await request.body())["variables"]


def key_of(id_: str) -> int:
    return int(id_.partition(":")[2])


def answer(data: dict[str, Any]) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


def person(row: Any) -> dict[str, Any]:
    return {"id": f"User:{row[0]}", "displayName": f"{row[1]} {row[2]}", "extension": row[3]}


async def groups(request: Request) -> Response:
    site = key_of((await variables(request))["site"])
    ((name, total),) = await database.fetch(
        "SELECT name, (SELECT count(*) FROM pickup_groups WHERE site_id = sites.id) FROM sites WHERE id = $1", site
    )
    rows = await database.fetch(
        """SELECT id, name, sort_key, (SELECT count(*) FROM users WHERE pickup_group_id = g.id)
        FROM pickup_groups AS g WHERE site_id = $1 ORDER BY sort_key, id LIMIT 51""",
        site,
    )
    page = rows[:50]
    members: dict[int, list[dict[str, Any]]] = {row[0]: [] for row in page}
    for row in await database.fetch(MEMBERS_OF, many(list(members))):
        members[row[0]].append({"id": f"User:{row[1]}", "displayName": f"{row[2]} {row[3]}", "extension": row[4]})
    listing = f"pickupGroups:{site}:+NAME"
    edges = [
        {
            "cursor": cursor(listing, row[2], row[0]),
            "node": {
                "id": f"PickupGroup:{row[0]}",
                "name": row[1],
                "memberCount": row[3],
                "members": {"nodes": members[row[0]]},
            },
        }
        for row in page
    ]
    info = {
        "hasNextPage": len(rows) > 50,
        "hasPreviousPage": False,
        "startCursor": edges[0]["cursor"],
        "endCursor": edges[-1]["cursor"],
    }
    return answer({"site": {"name": name, "pickupGroups": {"totalCount": total, "pageInfo": info, "edges": edges}}})


async def available(request: Request) -> Response:
    asked = await variables(request)
    ((site,),) = await database.fetch("SELECT site_id FROM pickup_groups WHERE id = $1", key_of(asked["group"]))
    term = asked["search"].lower()
    contains = "instr(search_key, $2) > 0" if SQLITE else "search_key LIKE '%' || $2 || '%'"
    which = f"FROM users WHERE site_id = $1 AND pickup_status = 'AVAILABLE' AND {contains}"
    rows = await database.fetch(
        f"SELECT id, first_name, last_name, extension, sort_key {which} ORDER BY sort_key, id LIMIT 51", site, term
    )
    ((total,),) = await database.fetch(f"SELECT count(*) {which}", site, term)
    last = rows[:50][-1]
    end = cursor(f"availableUsers:{site}:+NAME", last[4], last[0])
    info = {"hasNextPage": len(rows) > 50, "endCursor": end}
    nodes = [person(row) for row in rows[:50]]
    return answer({"pickupGroup": {"availableUsers": {"totalCount": total, "pageInfo": info, "nodes": nodes}}})


async def users(request: Request) -> Response:
    asked = await variables(request)
    site = key_of(asked["site"])
    values: list[Any] = [site]
    after = ""
    if "after" in asked:
        values += orjson.loads(bytes.fromhex(asked["after"]))[1:]
        after = "AND (sort_key, id) > ($2, $3)"
    rows = await database.fetch(
        f"""SELECT id, first_name, last_name, extension, station_type, pickup_status, sort_key
        FROM users WHERE site_id = $1 {after} ORDER BY sort_key, id LIMIT 51""",
        *values,
    )
    nodes = [person(row) | {"stationType": row[4], "pickupStatus": row[5]} for row in rows[:50]]
    last = rows[:50][-1]
    info = {"hasNextPage": len(rows) > 50, "endCursor": cursor(f"users:{site}:+NAME", last[6], last[0])}
    return answer({"users": {"pageInfo": info, "nodes": nodes}})


async def place(request: Request) -> Response:
    asked = await variables(request)
    ((key, at),) = await database.fetch("SELECT id, sort_key FROM users WHERE external_id = $1", asked["user"])
    edge = {"cursor": cursor(f"users:{key_of(asked['site'])}:+NAME", at, key)}
    return answer({"users": {"edges": [edge]}})


async def group(request: Request) -> Response:
    ((key, name, version, members),) = await database.fetch(
        """SELECT id, name, version, (SELECT count(*) FROM users WHERE pickup_group_id = g.id)
        FROM pickup_groups AS g WHERE id = $1""",
        key_of((await variables(request))["group"]),
    )
    found = {"id": f"PickupGroup:{key}", "name": name, "version": version, "memberCount": members}
    return answer({"pickupGroup": found})


async def members(request: Request) -> Response:
    asked = (await variables(request))["input"]
    group_key, chosen = key_of(asked["id"]), [key_of(one) for one in asked["userIds"]]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    async with database.change() as fetch:
        ((site, revision),) = await fetch(
            """UPDATE sites SET revision = revision + 1
            WHERE id = (SELECT site_id FROM pickup_groups WHERE id = $1) RETURNING id, revision""",
            group_key,
        )
        found = {
            row[0]: row
            for row in await fetch(
                f"""SELECT id, first_name, last_name, pickup_group_id FROM users WHERE site_id = $1 AND id IN
                (SELECT * FROM {keys(2)} AS named UNION SELECT id FROM users WHERE pickup_group_id = $3)
                ORDER BY sort_key, id""",
                site,
                many(chosen),
                group_key,
            )
        }
        added = [key for key in chosen if found[key][3] != group_key]
        removed = [key for key, row in found.items() if row[3] == group_key and key not in chosen]
        await fetch(f"UPDATE users SET pickup_group_id = NULL WHERE id IN {keys(1)}", many(removed))
        await fetch(
            f"UPDATE users SET pickup_group_id = $1, barge_in_exempt = FALSE WHERE id IN {keys(2)}",
            group_key,
            many(added),
        )
        ((name, count),) = await fetch(
            """UPDATE pickup_groups SET version = version + 1, updated_at = $1 WHERE id = $2
            RETURNING name, (SELECT count(*) FROM users WHERE pickup_group_id = pickup_groups.id)""",
            now,
            group_key,
        )
        await fetch(
            """INSERT INTO changes
            (site_id, revision, kind, actor, occurred_at, pickup_group_id, added_keys, removed_keys)
            VALUES ($1, $2, 'PICKUP_GROUP_MEMBERS_CHANGED', 'floor', $3, $4, $5, $6)""",
            site,
            revision,
            now,
            group_key,
            orjson.dumps(sorted(added)).decode(),
            orjson.dumps(sorted(removed)).decode(),
        )

    def user_of(key: int) -> dict[str, Any]:
        return {"id": f"User:{key}", "displayName": f"{found[key][1]} {found[key][2]}"}

    payload = {
        "pickupGroup": {"id": f"PickupGroup:{group_key}", "name": name, "memberCount": count},
        "added": [user_of(key) for key in added],
        "removed": [user_of(key) for key in removed],
        "violations": [],
    }
    return answer({"setPickupGroupMembers": payload})


@contextlib.asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    await database.open()
    yield
    await database.close()


app = Starlette(
    routes=[
        Route(f"/{one.__name__}", one, methods=["POST"]) for one in (groups, available, users, place, group, members)
    ],
    lifespan=lifespan,
)
