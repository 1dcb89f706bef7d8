"""The commands for the server: serve, migrate, token, schema."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from graph.auth.authenticator import Authenticator
from graph.auth.tokens import LONGEST_TOKEN, parse_duration, sign_token
from graph.cli.main import DONE
from graph.observability.logging import configure_logging
from graph.settings import Settings, SettingsError
from models.caller import Permission
from models.database.opening import migrate_database
from models.database.url import parse_database_url
from models.queries.search_text import storable

log = logging.getLogger("pickup")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Sites, users and call pickup groups over GraphQL."""


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes on that port.")
@click.option("--demo", is_flag=True, help="Load the sample directory first, where the database is empty.")
def serve(host: str, port: int, workers: int, demo: bool) -> int:
    """Bring the database up to date, then serve."""
    from graph.server.run import serve as serve_on
    from graph.server.sockets import listening_socket

    settings = Settings.from_environment()
    configure_logging(settings)
    # Each process reads the keys for itself, too late to say in one line that they cannot be used.
    Authenticator(settings)
    listening = listening_socket(host, port, loopback_only=settings.is_open)
    address = parse_database_url(settings.database_url)
    asyncio.run(migrate_database(address))
    if demo:
        from models.directory.sample import load_sample

        asyncio.run(load_sample(address, Path(__file__).parents[1] / "sample"))
    if settings.is_open:
        log.warning(
            "NO KEY IS SET: EVERYBODY ON THIS MACHINE MAY CHANGE EVERYTHING. Set PICKUP_JWT_SECRET to ask for tokens."
        )
    name = f"[{host}]" if ":" in host else host
    what = "GraphiQL" if settings.graphiql else "GraphQL"
    where = f"{what} is at http://{name}:{listening.getsockname()[1]}/graphql"
    if settings.log_format == "json":
        log.info(where)
    else:
        click.echo(where, err=True)
    return serve_on(settings, listening, workers)


@commands.command()
def migrate() -> int:
    """Bring the database up to date, and stop."""
    steps = asyncio.run(migrate_database(parse_database_url(Settings.from_environment().database_url)))
    click.echo(f"applied {', '.join(steps)}" if steps else "the database is up to date")
    return DONE


@commands.command()
@click.option("--subject", required=True, help="Who the token is for; written down with every change they make.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    type=click.Choice([one.value for one in Permission]),
    help="READ where none is named; WRITE includes READ.",
)
@click.option("--site", "sites", multiple=True, metavar="EXTERNAL_ID", help="A site that the token grants.")
@click.option("--all-sites", is_flag=True, help="Grant every site.")
@click.option("--expires-in", default="1h", show_default=True, help="A number and s, m, h or d.")
def token(subject: str, permissions: Sequence[str], sites: Sequence[str], all_sites: bool, expires_in: str) -> int:
    """Print a bearer token signed with PICKUP_JWT_SECRET."""
    from models.directory.files import RowRefused
    from models.directory.parsing import site_key

    settings = Settings.from_environment()
    if settings.jwt_secret is None:
        raise SettingsError("PICKUP_JWT_SECRET is not set: it signs the token.")
    if not subject.strip():
        raise click.UsageError("--subject may not be empty")
    if not storable(subject):
        raise click.UsageError("--subject is not UTF-8")
    if all_sites == bool(sites):
        raise click.UsageError("name the sites with --site, or grant all with --all-sites")
    try:
        sites = [site_key(site) for site in sites]
    except RowRefused as error:
        raise click.UsageError(f"--site: {error}") from None
    try:
        seconds = parse_duration(expires_in)
    except ValueError:
        raise click.UsageError("--expires-in takes a number and s, m, h or d, as in 12h") from None
    chosen = [Permission(one) for one in permissions or ("READ",)]
    signed = sign_token(settings, subject, chosen, None if all_sites else sites, seconds)
    if len(signed) > LONGEST_TOKEN:
        raise click.UsageError("the server takes no token as long as that: name fewer sites, or grant all")
    click.echo(signed)
    return DONE


@commands.command()
def schema() -> int:
    """Print the schema, the same bytes as schema.graphql."""
    from graph.schema.assembly import sdl

    click.echo(sdl(), nl=False)
    return DONE
