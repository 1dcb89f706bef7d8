"""The event loop of the commands."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger("pickup")

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as asyncio.run does.

    When a connection is lost, the driver leaves futures with errors behind, which asyncio would print. The command
    itself reports the loss, in one line.
    """
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(_log_unhandled)
        return runner.run(main)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.debug("%s", context["message"], exc_info=context.get("exception"))
