"""A load of HTTP requests by wrk: each connection asks again as soon as it is answered."""

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

SCRIPT = Path(__file__).with_suffix(".lua")

SATURATED = 0.9
"""From this share of its core on, the generator may be what limits the requests per second."""


@dataclass(frozen=True)
class Load:
    """What a load came to; latencies in milliseconds, `generator_share` the part of one core that wrk itself used."""

    requests: int
    seconds: float
    p50: float
    p99: float
    generator_share: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def require_wrk() -> None:
    """Exit with code 2 if wrk is not installed."""
    if shutil.which("wrk") is None:
        sys.stderr.write("wrk is missing, the load generator: apt-get install wrk (Debian), brew install wrk (macOS)\n")
        raise SystemExit(2)


def put_load(url: str, bodies: Sequence[bytes], tokens: Sequence[str], connections: int, seconds: int) -> Load:
    """Post the bodies in turn for so many seconds, with the tokens in turn. Raises RuntimeError if a request fails."""
    with tempfile.NamedTemporaryFile(prefix="pickup-bench-", suffix=".jsonl") as file:
        file.write(b"\n".join(bodies))
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            ["wrk", *options, url, "--", file.name, *tokens],  # noqa: S607 - wherever it is installed
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = orjson.loads(done.stdout.splitlines()[-1])
    if figures["failed"] or not figures["requests"]:
        raise RuntimeError(f"{figures['failed']} of {figures['requests']} requests failed: {bodies[0]!r}")
    took = figures["microseconds"] / 1e6
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(figures["requests"], took, figures["p50"] / 1000, figures["p99"] / 1000, used / took)
