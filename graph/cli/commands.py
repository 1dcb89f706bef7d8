"""The group of all commands."""

import click

from graph.cli.database import backup, check, migrate
from graph.cli.directory import export, import_
from graph.cli.server import schema, serve
from graph.cli.tokens import token


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Sites, users and call pickup groups over GraphQL."""


for command in (serve, import_, export, token, backup, migrate, check, schema):
    commands.add_command(command)
