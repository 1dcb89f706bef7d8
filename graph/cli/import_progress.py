"""The progress of an import: a bar on a terminal, otherwise a line every few seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from graph.cli.output import ignoring_closed_output, print_line
from models.directory.import_job import ImportListener

LINE_EVERY_S = 3.0


@contextmanager
def import_progress() -> Iterator[ImportListener]:
    """Yield the listener that prints the progress on standard error, notes and refused rows on standard output."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield ImportListener(_ProgressLines().update, print_line, lambda *row: print_line(_refused_row(*row)))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:

        def print_above_bar(line: str) -> None:
            if not Console().is_terminal:
                print_line(line)
                return
            with ignoring_closed_output(err=True):
                console.print(line, markup=False, highlight=False)

        tasks: dict[str, tuple[TaskID, float]] = {}

        def update(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, rate=""), time.monotonic()
            task, began = tasks[step]
            bar.update(task, completed=done, total=total or None, rate=_rate(done, time.monotonic() - began))

        yield ImportListener(update, print_above_bar, lambda *row: print_above_bar(_refused_row(*row)))


class _ProgressLines:
    """Prints progress as lines, for a log."""

    def __init__(self) -> None:
        self._step = ""
        self._began = self._printed = time.monotonic()

    def update(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step != self._step:
            self._step, self._began = step, now
        if now - self._printed < LINE_EVERY_S:
            return
        self._printed = now
        parts = [step]
        if total:
            parts += [f"{done:,} of about {total:,} rows", _rate(done, now - self._began)]
        if 0 < done <= total:
            parts.append(f"{(now - self._began) * (total - done) / done:.0f} s left")
        print_line(", ".join(part for part in parts if part), err=True)


def _rate(done: int, seconds: float) -> str:
    return f"{done / seconds:,.0f} rows/s" if done and seconds else ""


def _refused_row(path: Path, line: int, reason: str) -> str:
    return f"{path}, line {line}: {reason}"
