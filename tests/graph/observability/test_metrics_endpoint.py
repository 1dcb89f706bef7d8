"""What `/metrics` says of a server on each database, and the dashboard and README that name its metrics."""

import asyncio
import json
import re
from pathlib import Path

from models.database.sqlite.group_commit import MAX_GROUP_SIZE
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.api import Api
from tests.support.factories import make_site
from tests.support.sessions import ON_SQLITE
from tests.support.telemetry import grown

ROOT = Path(__file__).parents[3]
NAME = re.compile(r"\bpickup_\w+")


async def metrics(api: Api) -> dict[str, float]:
    """The values, by name and labels."""
    text = (await api.http.get("/metrics")).text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def use(api: Api) -> None:
    """Ask for something of each kind, so that every metric with labels has a value."""
    site = await make_site()
    await asyncio.gather(
        *(
            api.attempt("createPickupGroup", "violations { rule }", siteId=site.id, name=f"Group {number}")
            for number in range(30)
        )
    )
    await api.answer("{ nothing }")


async def test_dashboard_names_existing_metrics_and_all_of_them(api: Api) -> None:
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for query in queries for name in NAME.findall(query)}

    await use(api)
    exposed = (await api.http.get("/metrics")).text

    samples = {match[0] for line in exposed.splitlines() if (match := NAME.match(line))}
    declared = set(re.findall(r"^# TYPE (pickup_\w+)", exposed, re.MULTILINE))
    # A counter shows its samples when its first label is counted: a conflict may not have happened.
    assert named - samples - {"pickup_change_retries_total"} == set()
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in named}
    assert families == declared


async def test_readme_explains_every_metric(api: Api) -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.partition("\n### What to watch\n")[2].partition("\n## ")[0]

    exposed = (await api.http.get("/metrics")).text

    declared = set(re.findall(r"^# TYPE (pickup_\w+)", exposed, re.MULTILINE))
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in NAME.findall(section)} == declared


@ON_SQLITE
async def test_changes_that_share_a_commit_are_counted(api: Api) -> None:
    before = await metrics(api)
    await use(api)
    after = await metrics(api)

    more = {name: after[name] - before[name] for name in after if name.startswith("pickup_commit_changes_")}
    commits = more["pickup_commit_changes_count"]
    assert more["pickup_commit_changes_sum"] == 30
    assert 30 / MAX_GROUP_SIZE <= commits < 30
    assert after["pickup_sqlite_wal_bytes"] > 0
    assert after["pickup_changes_waiting"] == 0


async def test_metrics_count_requests_errors_and_durations(serve: Serve) -> None:
    async with serve(trial.schema) as client:
        before = (await client.get("/metrics")).text
        await client.post("/graphql", json={"query": "mutation NeverALabel{language forbidden}"})
        after = (await client.get("/metrics")).text

    assert grown('pickup_requests_total{kind="mutation",status="200"}', before, after) == 1
    assert grown('pickup_errors_total{code="FORBIDDEN"}', before, after) == 1
    assert grown('pickup_request_seconds_count{kind="mutation"}', before, after) == 1
    assert "NeverALabel" not in after


async def test_metrics_count_statements(serve: Serve) -> None:
    async with serve() as client:
        before = (await client.get("/metrics")).text
        await client.post("/graphql", json={"query": "{sites{totalCount}}"})
        after = (await client.get("/metrics")).text

    def statements(text: str) -> float:
        return float(
            next(line for line in text.splitlines() if line.startswith("pickup_sql_seconds_count ")).split()[1]
        )

    assert statements(after) - statements(before) == 1
    assert "pickup_sql_connections_busy 0.0" in after.splitlines()
