"""A whole Stratum over real HTTP: pages and API from a live server, platforms from the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.crm.connect_crm import connect_crm
from attribution.actions.crm.parse_inbox import parse_inbox
from attribution.actions.crm.refresh_deals import refresh_due_deals
from sampler.actions.set_limits import set_limits
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import make_key
from stratum.core.clock import now
from stratum.core.models import AdAccount, Membership, User, Workspace
from stratum.core.tenancy import in_workspace
from stratum.sandbox import Sandbox, SandboxConfig

PASSWORD = "correct horse battery"


@dataclass
class Town:
    """A workspace connected to a sandbox, with the steps of the loop that the heartbeat would start."""

    url: str
    workspace: Workspace
    account: AdAccount
    sandbox: Sandbox
    key: str

    def hear(self) -> None:
        """Deliveries out of the CRM, through the webhook, into the ledger."""
        self.control("deliver/flush", seconds=20)
        while parse_inbox():
            pass
        refresh_due_deals(self.workspace, now=now())

    def control(self, action: str, **body: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.sandbox.graph_url}/control/{action}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def api(self, path: str, **query: Any) -> dict[str, Any]:
        answer = requests.get(
            f"{self.url}/api/{path}", params=query, headers={"Authorization": f"Bearer {self.key}"}, timeout=20
        )
        assert answer.ok, answer.text
        return answer.json()

    def asked(self, path: str, method: str = "POST") -> list[dict[str, Any]]:
        """What the Graph server's own log says it was asked."""
        log = requests.get(f"{self.sandbox.graph_url}/control/log", timeout=20).json()["entries"]
        return [
            entry
            for entry in log
            if entry["server"] == "graph" and entry["method"] == method and re.search(path, entry["path"])
        ]

    def signed_in(self, email: str) -> requests.Session:
        session = requests.Session()
        page = session.get(f"{self.url}/accounts/login/", timeout=20)
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)[1]
        form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert session.post(f"{self.url}/accounts/login/", data=form, timeout=20).url.rstrip("/") == self.url
        return session


@contextmanager
def open_town(live_server: Any, settings: Any, **market: Any) -> Iterator[Town]:
    """A workspace “Harbor” with its owner, its portal and its ad account, live. `market`: settings of the sandbox."""
    settings.PUBLIC_URL = live_server.url
    workspace = make_workspace(name="Harbor", timezone="America/New_York")
    key = make_key(workspace, label="test", scopes=["read", "ingest", "decide", "approve"])
    config = SandboxConfig(
        webhook_url=f"{live_server.url}/webhooks/hubspot/",
        collect_url=f"{live_server.url}/collect",
        write_key=workspace.write_key,
        deliver_history=False,
        **market,
    )
    with Sandbox(config).start() as sandbox, in_workspace(workspace):
        settings.META_GRAPH_URL = settings.GOOGLE_ADS_URL = sandbox.graph_url
        settings.HUBSPOT_API_URL = sandbox.crm_url
        owner = User.objects.create_superuser("owner@example.com", PASSWORD)
        Membership.objects.create(workspace=workspace, user=owner, role="owner")
        connect_crm(
            workspace,
            portal_id=config.portal_id,
            access_token=config.crm_token,
            client_secret=config.client_secret,
            actor="test",
        )
        profile = config.accounts[0]
        account = AdAccount.objects.create(
            workspace=workspace,
            platform=profile.platform,
            external_id=profile.external_id,
            name=profile.name,
            currency="USD",
            timezone=profile.timezone,
            access_token=config.access_token,
            dry_run=False,
        )
        set_limits(account, actor="test", daily_cap=200_000)
        pull_ad_performance(account, now=now())
        yield Town(live_server.url, workspace, account, sandbox, key)


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=21) as opened:
        yield opened
