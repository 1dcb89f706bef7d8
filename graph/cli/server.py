"""The commands `pickup serve` and `pickup schema`."""

import asyncio
import logging
from pathlib import Path

import click

from graph.auth.authenticator import Authenticator
from graph.cli.exit_codes import DONE
from graph.observability.logging import configure_logging
from graph.observability.multiprocess import remove_metrics_of_earlier_run
from graph.settings import Settings
from models.database.migrating import migrate_database
from models.database.url import parse_database_url

_NO_KEY = "NO KEY IS SET: ANYONE ON THIS MACHINE MAY CHANGE EVERYTHING. Set PICKUP_JWT_SECRET to ask for tokens."

log = logging.getLogger("pickup")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Number of processes.")
@click.option("--demo", is_flag=True, help="If the database is empty, load the sample directory first.")
def serve(host: str, port: int, workers: int, demo: bool) -> int:
    """Bring the database up to date, then serve."""
    from graph.server.sockets import listening_socket

    settings = Settings.from_environment()
    configure_logging(settings)
    # Every process reads the keys itself, too late for a one-line error: so check them here.
    Authenticator(settings)
    listening = listening_socket(host, port, loopback_only=settings.is_open)
    address = parse_database_url(settings.database_url)
    asyncio.run(migrate_database(address))
    if demo:
        from models.directory.sample import load_sample

        asyncio.run(load_sample(address, Path(__file__).parents[1] / "sample"))
    if settings.is_open:
        # Written whatever the log level is.
        log.critical(_NO_KEY)
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{listening.getsockname()[1]}"
    lines = [f"{'GraphiQL' if settings.graphiql else 'GraphQL'} is at {url}/graphql"]
    if settings.portal:
        lines.insert(0, f"The page is at {url}/")
    for line in lines:
        if settings.log_format == "json":
            log.info(line)
        else:
            click.echo(line, err=True)
    # Now that the port is this server's, and before the import of metrics, which opens files of its own.
    remove_metrics_of_earlier_run()
    from graph.server.run import serve as serve_on

    return serve_on(settings, listening, workers)


@click.command()
def schema() -> int:
    """Print the schema, the same bytes as schema.graphql."""
    from graph.schema import sdl

    click.echo(sdl(), nl=False)
    return DONE
