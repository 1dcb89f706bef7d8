"""`python -m tests.benchmark.profiling URL`: where the CPU of a request goes, inside the application.

Calls the ASGI application in this process, without a socket, with one piece of work of the benchmark. Prints the CPU
per request, and the functions that take most of it under cProfile, which makes short functions look dearer.
"""

import argparse
import asyncio
import cProfile
import io
import os
import pstats
import time
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Scope

from tests.benchmark.comparison import console
from tests.benchmark.data import Directory, fill
from tests.benchmark.servers import HERE, sign_token
from tests.benchmark.work import Work, all_work

_BATCHES = 7


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.profiling", description=__doc__)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--work", default="W4", metavar="NAME", help="the work whose name begins so")
    parser.add_argument("--requests", type=int, default=1_000, help="requests in each of seven batches")
    parser.add_argument("--lines", type=int, default=45, help="functions to print")
    parser.add_argument("--by", choices=("tottime", "cumtime"), default="tottime", help="the order of the functions")
    given = parser.parse_args()
    HERE.migrate(given.url)
    asyncio.run(fill(given.url, Directory()))
    os.environ.update(HERE.environment(given.url))
    work = next(one for one in all_work(Directory()) if one.name.startswith(given.work))
    console.print(work.name)
    asyncio.run(_profile(work, given.requests, given.by, given.lines))


async def _profile(work: Work, requests: int, by: str, lines: int) -> None:
    from graph.app import create_app
    from graph.settings import Settings

    app = create_app(Settings.from_environment())
    async with app.router.lifespan_context(app):
        await _ask(app, work, 200)
        batches = []
        for _ in range(_BATCHES):
            began = time.process_time()
            await _ask(app, work, requests)
            batches.append((time.process_time() - began) / requests * 1e6)
        console.print(f"{min(batches):.0f} µs of CPU per request, the least of {_BATCHES} batches of {requests}")
        profile = cProfile.Profile()
        profile.enable()
        await _ask(app, work, requests)
        profile.disable()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats(by).print_stats(lines)
    for line in text.getvalue().splitlines():
        console.print(line.replace(f"{HERE.folder}/", ""), markup=False, soft_wrap=True)


async def _ask(app: ASGIApp, work: Work, times: int) -> None:
    bodies = [orjson.dumps({"query": work.query, "variables": variables}) for variables in work.variables]
    headers = [
        (b"host", b"127.0.0.1"),
        (b"accept", b"application/json"),
        (b"content-type", b"application/json"),
        (b"authorization", f"Bearer {sign_token(work.sites)}".encode()),
    ]
    for number in range(times):
        await _request(app, bodies[number % len(bodies)], headers)


async def _request(app: ASGIApp, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8_000),
        "state": {},
    }
    sent: list[Message] = []
    received: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not received:
            await asyncio.Event().wait()  # the client does not leave
        return received.pop()

    async def send(message: Message) -> Any:
        sent.append(message)

    await app(scope, receive, send)
    answer = orjson.loads(b"".join(message.get("body", b"") for message in sent))
    if "errors" in answer:
        raise SystemExit(f"errors: {answer['errors']!r}")


if __name__ == "__main__":
    main()
