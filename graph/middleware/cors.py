"""Cross-origin requests of the pages of allowed origins."""

from starlette.datastructures import Headers
from starlette.middleware import cors
from starlette.responses import Response

from graph.errors import format_error
from graph.i18n import translator
from graph.transport.responses import GraphQLResponse
from models.errors import N_, Forbidden


class CORSMiddleware(cors.CORSMiddleware):
    """Starlette's, except that a refused preflight is answered in GraphQL's JSON."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        error = Forbidden(N_("A page of that origin may not send this request."))
        translate = translator(request_headers.get("accept-language", ""))
        headers = {"Vary": response.headers["Vary"]}
        return GraphQLResponse({"errors": [format_error(error, translate)]}, 403, headers=headers)
