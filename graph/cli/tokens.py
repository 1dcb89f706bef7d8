"""The command `pickup token`."""

from collections.abc import Sequence

import click

from graph.auth.tokens import MAX_TOKEN_LENGTH, parse_duration, sign_token
from graph.cli.exit_codes import DONE
from graph.settings import Settings, SettingsError
from models.caller import Permission
from models.domain.directory_values import InvalidValueError, parse_key
from models.queries.search_text import storable


@click.command()
@click.option("--subject", required=True, help="Who the token is for. Recorded with every change they make.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    type=click.Choice([permission.value for permission in Permission]),
    help="A permission that the token gives; repeat for several. Default: READ, which WRITE and PROVISION include.",
)
@click.option(
    "--site",
    "sites",
    multiple=True,
    metavar="EXTERNAL_ID",
    help="A site that the token grants; repeat for several. Required without --all-sites.",
)
@click.option("--all-sites", is_flag=True, help="Grant all sites. Required without --site.")
@click.option("--expires-in", default="1h", show_default=True, help="Lifetime: a number and s, m, h or d, as in 12h.")
def token(subject: str, permissions: Sequence[str], sites: Sequence[str], all_sites: bool, expires_in: str) -> int:
    """Print a bearer token signed with PICKUP_JWT_SECRET."""
    settings = Settings.from_environment()
    if settings.jwt_secret is None:
        raise SettingsError("PICKUP_JWT_SECRET is not set: it signs the token.")
    if not subject.strip():
        raise click.UsageError("--subject may not be empty")
    if not storable(subject):
        raise click.UsageError("--subject is not UTF-8")
    if not sites and not all_sites:
        raise click.UsageError("--site or --all-sites is missing: name the sites, or grant all")
    if sites and all_sites:
        raise click.UsageError("--site and --all-sites exclude each other: name the sites, or grant all")
    try:
        sites = [parse_key(site) for site in sites]
    except InvalidValueError as error:
        raise click.UsageError(error.message("--site")) from None
    try:
        seconds = parse_duration(expires_in)
    except ValueError:
        raise click.UsageError("--expires-in takes a number and s, m, h or d, as in 12h") from None
    chosen = [Permission(name) for name in permissions or ("READ",)]
    signed = sign_token(settings, subject, chosen, None if all_sites else sites, seconds)
    if len(signed) > MAX_TOKEN_LENGTH:
        raise click.UsageError("the token is too long for the server: name fewer sites, or use --all-sites")
    click.echo(signed)
    return DONE
