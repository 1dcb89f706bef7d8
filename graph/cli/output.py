"""What the commands print: an output that is closed or cannot encode a name never ends a command early."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def print_line(line: str, *, err: bool = False) -> None:
    """Print a line, unless the output is closed."""
    with ignoring_closed_output(err=err):
        click.echo(line, err=err)


@contextmanager
def ignoring_closed_output(*, err: bool = False) -> Iterator[None]:
    """If the output is closed, discard this and all later output."""
    try:
        yield
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if err else sys.stdout).fileno())
        os.close(nowhere)


def replace_unencodable() -> None:
    """Print a question mark for a character that the encoding of standard output lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
