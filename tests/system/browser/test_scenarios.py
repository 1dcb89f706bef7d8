"""The portal in a real browser on real servers: the scenarios of this folder, in Playwright's words.

`pytest tests/system/browser -k "portal and sqlite"` runs scenarios/portal.spec.ts on SQLite. All files of one database
run when the first of them is needed. Scenarios with the tag @page are about the page alone, whatever the database: they
run on SQLite.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import KINDS, new_database
from tests.support.serving import PICKUP, SECRET

HERE = Path(__file__).parent
FILES = sorted(file.name for file in (HERE / "scenarios").glob("*.spec.ts"))
PLAYWRIGHT = HERE / "node_modules/@playwright/test/cli.js"
LIMIT_S = 3_600

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module", params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, which the servers migrate."""
    with new_database(request, tmp_path_factory.mktemp("browser")) as url:
        yield url


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest,
    chromium: str,
    node: str,
    database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[str]]:
    """For each file that is selected what failed in it, after one run of them all."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    files = sorted({str(item.callspec.params["file"]) for item in items if "file" in item.callspec.params})
    folder = Path(os.environ.get("PICKUP_BROWSER_RESULTS") or tmp_path_factory.mktemp("results"))
    results = folder / "results.json"
    environment = {
        "CHROMIUM": chromium,
        "DATABASE_URL": database_url,
        "JWT_SECRET": SECRET,
        "PICKUP": str(PICKUP),
        "RESULTS_FILE": str(results),
        "RESULTS_FOLDER": str(folder / "pages"),
    }
    only = [] if database_url.startswith("sqlite") else ["--grep-invert=@page"]
    printed = run(
        [node, str(PLAYWRIGHT), "test", *only, *(rf"scenarios/{file}$" for file in files)],
        {f"BROWSER_TEST_{name}": value for name, value in environment.items()},
    )
    assert results.exists(), printed
    report = json.loads(results.read_text(encoding="utf-8"))
    assert report["errors"] == [], printed
    suites = {Path(suite["file"]).name: suite for suite in report["suites"]}
    return {file: list(failures(suites[file])) for file in files if file in suites or not only}


def run(command: list[str], environment: dict[str, str]) -> str:
    """What the command printed. Its servers and its browser end with it, however it ends."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PICKUP_", "COVERAGE_"))}
    with subprocess.Popen(
        command,
        cwd=HERE,
        env=kept | environment | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=LIMIT_S)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def failures(suite: dict[str, Any]) -> Iterator[str]:
    for inner in suite.get("suites", []):
        yield from failures(inner)
    for spec in suite["specs"]:
        for test in spec["tests"]:
            for result in test["results"]:
                if result["status"] not in {"passed", "skipped"}:
                    yield f"{spec['title']} ({result['status']}):\n" + "\n".join(
                        error["message"] for error in result["errors"]
                    )


@pytest.mark.parametrize("file", FILES)
def test_scenarios(file: str, outcomes: dict[str, list[str]]) -> None:
    if file not in outcomes:
        pytest.skip("all of its scenarios are about the page alone: they run on SQLite")
    assert not outcomes[file], "\n\n".join(outcomes[file])
