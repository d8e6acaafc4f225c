"""A table of routes: method, path with {places}, handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stratum.sandbox.web.messages import Reply, Request

Handler = Callable[[Request], Reply]


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler


class Router:
    """The first route that fits wins, so the narrow ones are added first."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?$")
        self.routes.append(Route(method, pattern, handler))

    def find(self, request: Request) -> Handler | None:
        """The handler, with `request.place` filled in; None when no path fits."""
        for route in self.routes:
            match = route.pattern.match(request.path)
            if match and route.method == request.method:
                request.place = match.groupdict()
                return route.handler
        return None
