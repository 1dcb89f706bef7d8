"""The portal's pure functions: the tests beside its modules, run by Node."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "graph" / "web"

pytestmark = pytest.mark.slow


def test_functions_of_portal() -> None:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if node is None or not (WEB / "node_modules").exists():
        reason = "make test-all has not installed the npm packages of the pages"
        pytest.fail(reason) if os.environ.get("PICKUP_REQUIRE_BROWSER") else pytest.skip(reason)

    run = subprocess.run([str(node), "test.mjs"], cwd=WEB, capture_output=True, text=True, timeout=120, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "# fail 0" in run.stdout
    assert "# tests 0" not in run.stdout
