"""The entry point of the command `pickup`."""

import sys
from collections.abc import Sequence

from graph.cli.exit_codes import INTERRUPTED, REFUSED, WRONG


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code. An error is one line on standard error, without a traceback."""
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = REFUSED
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    # Imported here, since it takes half a second, during which an interrupt must not end in a traceback.
    import click

    from graph.cli.commands import commands
    from graph.server.sockets import ServingError
    from graph.settings import SettingsError
    from models.database.opening import DatabaseError
    from models.directory.csv_input import FileRefused
    from models.errors import PickupError

    try:
        code: int = commands.main(arguments, prog_name="pickup", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError:
        names = ", ".join(sorted(commands.commands))
        return _fail(f"name a command: {names} (see pickup --help)")
    except click.ClickException as error:
        return _fail(error.format_message())
    except (SettingsError, DatabaseError, ServingError, FileRefused, PickupError) as error:
        return _fail(str(error))
    except click.Abort:
        return INTERRUPTED
    return code


def _fail(message: str) -> int:
    print(f"pickup: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - this is the command's own output
    return WRONG
