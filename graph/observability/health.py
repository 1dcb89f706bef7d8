"""The endpoints that operators' machines ask: alive, ready, metrics."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import log_internal_error
from graph.observability import metrics
from models.database.database import Database
from models.errors import PickupError

_READY_TIMEOUT_S = 5.0


async def healthz(_request: Request) -> Response:
    return Response("alive\n", media_type="text/plain")


async def readyz(request: Request) -> Response:
    """Check that the database answers; its schema was checked when the server started."""
    database: Database = request.app.state.database
    try:
        async with asyncio.timeout(_READY_TIMEOUT_S):
            await database.check()
    except (PickupError, TimeoutError):
        return Response("the database cannot be reached\n", 503, media_type="text/plain")
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing can be served with such a database
        log_internal_error(error, request.scope["request_log"].request_id)
        return Response("the database cannot be used\n", 503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


async def prometheus(request: Request) -> Response:
    await metrics.observe(request.app.state.database)
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
