"""The way past the router for the one address that nearly all requests are for."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send


class GraphQLFastPath:
    """Pass requests for these paths to the GraphQL endpoint directly: routing takes as long as a short query."""

    def __init__(self, app: ASGIApp, graphql: ASGIApp, paths: Collection[str]) -> None:
        self.app = app
        self.graphql = graphql
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] == "http" and scope["path"] in self.paths and not scope.get("root_path")
        await (self.graphql if is_graphql else self.app)(scope, receive, send)
