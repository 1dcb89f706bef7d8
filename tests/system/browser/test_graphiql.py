"""GraphiQL in a real browser on the server that the command starts, with every other host out of reach."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.databases import free_port
from tests.support.serving import PICKUP, SECRET

HERE = Path(__file__).parent
EXAMPLES = [
    "Sites",
    "SiteGroups",
    "AvailableUsers",
    "CreateGroup",
    "SetMembers",
    "Changes",
    "UpsertSites",
    "UpsertUsers",
    "RemoveUsers",
]

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@contextlib.contextmanager
def served(folder: Path, **settings: str) -> Iterator[str]:
    """The address of GraphiQL on a server of its own over the sample directory."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PICKUP_DATABASE_URL": f"sqlite://{folder / 'pickup.sqlite3'}"} | settings
    command = [str(PICKUP), "serve", "--demo", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=folder) as server:
        try:
            # The port takes connections before the sample is loaded.
            with httpx.Client(transport=httpx.HTTPTransport(retries=9), timeout=300) as client:
                client.get(f"{address}/readyz").raise_for_status()
            yield f"{address}/graphql"
        finally:
            server.terminate()


def drive(node: str, chromium: str, url: str, *steps: dict[str, str], screenshot: Path) -> dict[str, Any]:
    """What the page showed, and whatever it complained of: see drive.mjs."""
    task = {"browser": chromium, "url": url, "screenshot": str(screenshot), "steps": steps}
    done = subprocess.run(
        [node, "drive.mjs", json.dumps(task)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    shown["answers"] = [json.loads(answer) for answer in shown["answers"]]
    return shown


def test_graphiql_runs_queries_with_this_host_alone(node: str, chromium: str, tmp_path: Path) -> None:
    with served(tmp_path) as url:
        shown = drive(
            node,
            chromium,
            url,
            {"query": "query Who { viewer { subject permissions } }"},
            screenshot=tmp_path / "page.png",
        )

    example, typed = shown["answers"]
    assert shown["tabs"] == EXAMPLES
    assert example["data"]["sites"]["totalCount"] >= 6
    assert example["data"]["sites"]["totalCount"] == len(example["data"]["sites"]["nodes"])
    assert typed == {"data": {"viewer": {"subject": "anonymous", "permissions": ["PROVISION", "READ", "WRITE"]}}}
    assert shown["hosts"] == [url.removeprefix("http://").removesuffix("/graphql")]
    assert shown["failures"] == []
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_graphiql_sends_token_of_headers_tab(node: str, chromium: str, tmp_path: Path) -> None:
    secret = {"PICKUP_JWT_SECRET": SECRET}
    command = [str(PICKUP), "token", "--subject", "ana", "--all-sites"]
    token = subprocess.check_output(command, env=os.environ | secret, text=True).strip()
    headers = json.dumps({"Authorization": f"Bearer {token}"})
    with served(tmp_path, **secret) as url:
        sites = httpx.post(
            url,
            json={"query": "{ sites(first: 1) { nodes { id } } }"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        site_id = sites.json()["data"]["sites"]["nodes"][0]["id"]

        shown = drive(
            node,
            chromium,
            url,
            {"query": "query Who { viewer { subject } }", "headers": headers},
            {
                "query": f'subscription Watch {{ changes(siteId: "{site_id}", afterRevision: 0) {{ revision }} }}',
                "headers": headers,
            },
            screenshot=tmp_path / "page.png",
        )

    example, viewer, change = shown["answers"]
    assert example["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert viewer == {"data": {"viewer": {"subject": "ana"}}}
    assert change["data"]["changes"]["revision"] >= 1
    assert {failure for failure in shown["failures"] if "401" not in failure} == set()
