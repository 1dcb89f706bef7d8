"""The command `pickup`: serve, import, export, token, migrate, check, schema."""

import sys
from collections.abc import Sequence

DONE, REFUSED, WRONG = 0, 1, 2
"""The exit codes: done; done, with something refused or found; wrong usage or setting."""

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and exits with its code. What is wrong is said in one line, without a traceback."""
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = REFUSED
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    # Imported here, since that takes half a second, in which somebody may interrupt it.
    import click

    from graph.cli.directory import check, export, import_
    from graph.cli.server import commands
    from graph.server.sockets import ServingError
    from graph.settings import SettingsError
    from models.database.opening import DatabaseError
    from models.directory.files import FileRefused
    from models.errors import PickupError

    for command in (import_, export, check):
        commands.add_command(command)
    try:
        code: int = commands.main(arguments, prog_name="pickup", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError:
        names = ", ".join(sorted(commands.commands))
        return _wrong(f"a command is missing: one of {names}; pickup --help tells of them")
    except click.ClickException as error:
        return _wrong(error.format_message())
    except (SettingsError, DatabaseError, ServingError, FileRefused, PickupError) as error:
        return _wrong(str(error))
    except click.Abort:
        return INTERRUPTED
    return code


def _wrong(message: str) -> int:
    print(f"pickup: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - this is the command's own output
    return WRONG
