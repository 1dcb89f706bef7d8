"""Servers and commands on a SQLite database of their own, with the settings and the schema that a test gives."""

import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import strawberry

from graph.cli.main import main
from graph.schema import schema as contract
from tests.support.serving import PICKUP, listening, serving
from tests.support.telemetry import logging_restored

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def serve(database_file: Path) -> Serve:
    """`async with serve(max_depth=5) as client`: an application of these settings, asked in this process."""

    @asynccontextmanager
    async def serve(schema: strawberry.Schema = contract, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        async with serving(f"sqlite://{database_file}", schema, **settings) as api:
            yield api.http

    return serve


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("check", PICKUP_LOG_LEVEL="debug")`: the command in a folder of its own, with these settings alone."""

    def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [str(argument) for argument in arguments]
        with monkeypatch.context() as surroundings, logging_restored():
            surroundings.chdir(tmp_path)
            for name in os.environ.keys() - without_settings().keys():
                surroundings.delenv(name)
            for name, value in settings.items():
                surroundings.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(command)
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(command, ended.value.code, printed.out, printed.err)

    return run


@pytest.fixture
def run_process(tmp_path: Path) -> Run:
    """The same in a process of its own."""

    def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PICKUP, *arguments],
            cwd=tmp_path,
            env=without_settings() | settings,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def listen(database_file: Path) -> Serve:
    """The same behind uvicorn on a free port."""
    return partial(listening, f"sqlite://{database_file}")


def without_settings() -> dict[str, str]:
    """The environment of a program whose settings are all to be named."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PICKUP_")}
