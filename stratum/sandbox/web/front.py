"""What both servers share: control paths, faults of the line, and the log."""

from __future__ import annotations

import time
from collections.abc import Callable

from stratum.sandbox.control import Control
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request


class Front:
    def __init__(self, sandbox: RunningMarket, control: Control, answer: Callable[[Request], Reply]) -> None:
        self.sandbox, self.control, self.protocol = sandbox, control, answer

    def answer(self, request: Request) -> Reply:
        """Control requests are answered without token, faults or log."""
        if request.path.startswith("/control/"):
            return self.control.answer(request)
        reply = self._disturbed(request)
        self.sandbox.log.add(request, reply, self.sandbox.now())
        return reply

    def _disturbed(self, request: Request) -> Reply:
        faults, place = self.sandbox.faults, {"server": request.server, "method": request.method, "path": request.path}
        slow = faults.take("slow", **place)
        if slow:
            time.sleep(slow.seconds)
        if faults.take("html_502", **place):
            return Reply(502, html="<html><body>502 Bad Gateway</body></html>")
        if faults.take("html_200", **place):
            return Reply(200, html="<html><body>We will be back soon</body></html>")
        early = faults.take("timeout_before_apply", **place)
        if early:
            time.sleep(early.seconds)
            return Reply(504, drop=True)
        reply = self.protocol(request)
        late = faults.take("timeout_after_apply", **place)
        if late:
            time.sleep(late.seconds)
            return Reply(504, drop=True)
        return reply
