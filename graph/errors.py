"""Errors as clients get them: one code of the contract each, and nothing of the server's insides."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from graphql import GraphQLError

from graph.error_messages import plain_message
from graph.i18n import Translate
from models.errors import N_, BadInput, Busy, PickupError

FormattedError = dict[str, Any]
"""An entry of a response's `errors`."""


PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = BadInput.code
INTERNAL = PickupError.code

INTERNAL_ERROR = N_("Something went wrong on the server; it was logged with this request's id.")
STOPPING = N_("The server is stopping. Try again in a moment.")

_ARGUMENT_ERRORS = ("Argument '", "Variable '")
"""How messages of the executor begin that are the client's fault; it has no class of its own for them."""

_MAX_MESSAGE_LENGTH = 500

log = logging.getLogger("pickup.errors")


class RequestError(Exception):
    """A request that is not executed: its response has `errors` and no `data`.

    `status` is the HTTP status of a response of the type `application/graphql-response+json`. A response of the type
    `application/json` to a well-formed request has status 200 whatever the errors are, unless `keep_status` is set:
    for errors of authentication and of the protocol.
    """

    def __init__(
        self,
        *errors: PickupError | FormattedError,
        status: int = 400,
        keep_status: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(*errors)
        self.errors = errors
        self.status = status
        self.keep_status = keep_status
        self.headers = headers or {}

    def localized(self, translate: Translate) -> list[FormattedError]:
        return [format_error(error, translate) if isinstance(error, PickupError) else error for error in self.errors]


def format_error(error: PickupError, translate: Translate) -> FormattedError:
    """Format an error of the domain, without locations and path."""
    return {"message": error.localized(translate), "extensions": {"code": error.code}}


def format_internal_error(translate: Translate, request_id: str) -> FormattedError:
    """Format an error whose cause stays on the server; log the cause with the same id."""
    return {"message": translate(INTERNAL_ERROR), "extensions": {"code": INTERNAL, "requestId": request_id}}


def log_internal_error(error: BaseException, request_id: str) -> None:
    fields: dict[str, Any] = {"request_id": request_id}
    if isinstance(error, GraphQLError):
        # Its text quotes the document, and with that the client's data.
        fields["places"] = _locations(error)
        error = GraphQLError(error.message).with_traceback(error.__traceback__)
    log.error("internal error", exc_info=error, extra={"fields": fields})


def format_request_error(
    error: GraphQLError, code: str, variables: Mapping[str, Any] = MappingProxyType({})
) -> FormattedError:
    """Format an error in the document or in these variables; its message may quote what was sent."""
    message = plain_message(error.message, variables)
    if len(message) > _MAX_MESSAGE_LENGTH:
        message = message[:_MAX_MESSAGE_LENGTH] + "…"
    formatted: FormattedError = {"message": message, "extensions": {"code": code}}
    if error.locations:
        formatted["locations"] = _locations(error)
    return formatted


def format_field_errors(errors: Iterable[GraphQLError], translate: Translate, request_id: str) -> list[FormattedError]:
    """Format the errors of fields, each with its path. Of the internal ones the first is logged."""
    all_formatted = []
    logged = False
    for error in errors:
        cause = _cause(error)
        if isinstance(cause, PickupError):
            formatted = format_error(cause, translate)
        elif isinstance(cause, GraphQLError) and cause.message.startswith(_ARGUMENT_ERRORS):
            formatted = format_request_error(cause, BAD_USER_INPUT)
        else:
            formatted = format_internal_error(translate, request_id)
            if not logged:
                log_internal_error(cause, request_id)
            logged = True
        if error.locations:
            formatted["locations"] = _locations(error)
        if error.path:
            formatted["path"] = error.path
        all_formatted.append(formatted)
    return all_formatted


def retry_after_s(errors: Sequence[GraphQLError]) -> int | None:
    """The seconds after which a client may try again, if every error says that the server is busy."""
    causes = [_cause(error) for error in errors]
    if not causes or not all(isinstance(cause, Busy) for cause in causes):
        return None
    return max(cause.retry_after_s for cause in causes if isinstance(cause, Busy))


def drop_tracebacks(errors: Iterable[GraphQLError]) -> None:
    """Free the frames that errors were raised through. They refer to the errors: a cycle for the garbage collector."""
    for error in errors:
        cause = _cause(error)
        for part in (error, cause, cause.__cause__, cause.__context__):
            if part is not None:
                part.__traceback__ = None


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": location.line, "column": location.column} for location in error.locations or ()]


def _cause(error: GraphQLError) -> Exception:
    """What a resolver raised, under the layers that the executor put around it."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
