"""How errors are told to clients: one code of the contract each, and nothing of our insides."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from models.errors import N_, BadInput, PickupError

Formatted = dict[str, Any]
Translate = Callable[[str], str]

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = BadInput.code
INTERNAL = PickupError.code

INTERNAL_ERROR = N_("Something went wrong on the server; it was logged with this request's id.")
STOPPING = N_("The server is stopping. Try again in a moment.")

# What the executor says of an argument that a client got wrong; it has no class of its own for that.
_CLIENTS_FAULT = ("Argument '", "Variable '")


_LONGEST_MESSAGE = 500


class Refusal(Exception):
    """A request that is answered without being executed: `errors`, no `data`.

    An error of the domain is said in the caller's language. `status` is HTTP's for an answer of the type
    `application/graphql-response+json`. An answer of the old type `application/json` to a well-formed request
    is 200 whatever it says; a `final` status stands there too: who asks or how was wrong, not the question.
    """

    def __init__(
        self,
        *errors: "PickupError | Formatted",
        status: int = 400,
        final: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(*errors)
        self.errors = errors
        self.status = status
        self.final = final
        self.headers = headers or {}

    def say(self, translate: Translate) -> list[Formatted]:
        return [formatted(error, translate) if isinstance(error, PickupError) else error for error in self.errors]


log = logging.getLogger("pickup.errors")


def formatted(error: PickupError, translate: Translate) -> Formatted:
    """An error of the domain that has no place in the document."""
    return {"message": error.say(translate), "extensions": {"code": error.code}}


def masked(translate: Translate, request_id: str) -> Formatted:
    """An error that is nobody's business but ours; whoever masks it logs it under the same id."""
    return {"message": translate(INTERNAL_ERROR), "extensions": {"code": INTERNAL, "requestId": request_id}}


def log_internal(error: BaseException, request_id: str) -> None:
    fields: dict[str, Any] = {"request_id": request_id}
    if isinstance(error, GraphQLError):
        # As a text it quotes the document, and with that what the client wrote there.
        fields["places"] = _places(error)
        error = GraphQLError(error.message).with_traceback(error.__traceback__)
    log.error("internal error", exc_info=error, extra={"fields": fields})


def refused(error: GraphQLError, code: str) -> Formatted:
    """An error in what the client sent, told in graphql-core's words; they may quote what was sent."""
    message = error.message
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + "…"
    answer: Formatted = {"message": message, "extensions": {"code": code}}
    if error.locations:
        answer["locations"] = _places(error)
    return answer


def executed(errors: Iterable[GraphQLError], translate: Translate, request_id: str) -> list[Formatted]:
    """The errors of fields, each with its path. Of those that are masked the first is logged."""
    answers = []
    logged = False
    for error in errors:
        cause = _cause(error)
        if isinstance(cause, PickupError):
            answer = formatted(cause, translate)
        elif isinstance(cause, GraphQLError) and cause.message.startswith(_CLIENTS_FAULT):
            answer = refused(cause, BAD_USER_INPUT)
        else:
            answer = masked(translate, request_id)
            if not logged:
                log_internal(cause, request_id)
            logged = True
        if error.locations:
            answer["locations"] = _places(error)
        if error.path:
            answer["path"] = error.path
        answers.append(answer)
    return answers


def _places(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _cause(error: GraphQLError) -> Exception:
    """What a resolver raised, under the layers that the executor put around it."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
