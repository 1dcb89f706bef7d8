"""The wheel in an environment of its own, and the files of `deploy/`."""

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.processes import environment, served
from tests.support.serving import PICKUP, token

ROOT = Path(__file__).parents[2]


def pip(python: Path | str, *arguments: Path | str) -> None:
    command = [python, "-m", "pip", "-q", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The command, installed as the README says."""
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ".")
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    # Compiled when they are imported, if they are.
    pip(python, "install", "--no-compile", "--require-hashes", "-r", "requirements.lock")
    pip(python, "install", "--no-compile", "--no-deps", wheel)
    pip(python, "check")
    return tmp_path / "venv/bin/pickup"


@pytest.mark.slow
async def test_wheel_serves_from_environment_of_its_own(tmp_path: Path, program: Path) -> None:
    url = f"sqlite://{tmp_path}/pickup.sqlite3"
    # Without the packages of the checkout.
    settings = environment(url, {"PYTHONPATH": ""})

    schema = subprocess.run([program, "schema"], cwd=tmp_path, env=settings, capture_output=True, check=True)  # noqa: ASYNC221
    async with (
        served(url, program=program, PYTHONPATH="") as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as http,
    ):
        headers = {"Authorization": f"Bearer {token()}"}
        answer = await http.post("/graphql", json={"query": "{ sites { totalCount } }"}, headers=headers)
        page = await http.get("/graphql", headers={"Accept": "text/html"})
        await server.stop()

    assert schema.stdout == (ROOT / "schema.graphql").read_bytes()
    assert answer.json() == {"data": {"sites": {"totalCount": 0}}}
    assert (page.status_code, "assets/graphiql-" in page.text) == (200, True)


def test_systemd_accepts_unit(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("no systemd-analyze")
    unit = (ROOT / "deploy/pickup.service").read_text()
    (tmp_path / "pickup.service").write_text(unit.replace("/opt/pickup/current/bin/pickup", str(PICKUP)))

    done = subprocess.run(
        [verifier, "verify", "--man=no", tmp_path / "pickup.service"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, [line for line in done.stderr.splitlines() if "pickup" in line]) == (0, [])
