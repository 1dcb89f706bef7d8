"""Metrics of several workers."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from graph.observability.metrics import count, exposition
from graph.observability.request_log import RequestLog

count(RequestLog("1", status=200, kind="query"))
print(exposition().decode())
"""


def test_any_worker_answers_for_all_with_a_multiprocess_folder(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    for _ in range(2):
        program = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )

    assert 'pickup_requests_total{kind="query",status="200"} 2.0' in program.stdout
