"""What the benchmark needs: wrk, and tricks that can still be switched off."""

import subprocess
import sys

from tests.benchmark.servers import HERE


def run(*arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "PYTHONPATH": str(HERE.folder)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_benchmark_without_wrk_says_how_to_install_it() -> None:
    done = run("-m", "tests.benchmark", path="/nowhere")

    assert done.returncode == 2
    assert done.stderr == (
        "wrk is missing, the load generator: apt-get install wrk (Debian), brew install wrk (macOS)\n"
    )


def test_every_trick_can_be_switched_off() -> None:
    done = run("-c", "from tests.benchmark.without import TRICKS\nfor switch_off in TRICKS.values(): switch_off()")

    assert (done.returncode, done.stderr) == (0, "")
