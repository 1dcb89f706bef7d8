"""The folder in which the workers of a server add up their metrics, if `PROMETHEUS_MULTIPROC_DIR` names one.

Metrics open their files there when they are imported, so this module imports none.
"""

import os
import re
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

_FILE = re.compile(r"(counter|histogram|gauge_[a-z]+)_\d+\.db")
"""The name of a file with the metrics of one process."""


def folder() -> Path | None:
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return None if name is None else Path(name)


def remove_metrics_of_earlier_run() -> None:
    """Call this before this process or its workers import metrics."""
    path = folder()
    if path is None or not path.is_dir():
        return
    for file in path.iterdir():
        if _FILE.fullmatch(file.name):
            file.unlink(missing_ok=True)


def remove_gauges_of_worker(pid: int) -> None:
    """What it has counted stays: a counter never decreases."""
    path = folder()
    if path is not None:
        mark_process_dead(pid, str(path))  # type: ignore[no-untyped-call]  # the package has no types for it
