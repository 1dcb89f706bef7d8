"""What is needed to drive a browser: Chromium, Node, and the npm packages of this folder."""

import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program; without it, or what drives it, skips, or fails where PICKUP_REQUIRE_BROWSER is set."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found and (HERE / "node_modules").exists():
        return found
    reason = "make test-all has not installed Playwright"
    if not found:
        reason = "no Chromium is installed (Debian: apt-get install chromium)"
    if os.environ.get("PICKUP_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    assert found, "make test-all installs it"
    return found
