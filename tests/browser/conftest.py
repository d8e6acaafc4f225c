"""Chromium on a whole town. Whatever a page logs as an error, or asks of another origin, fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from learning.actions.turn_cycle import turn_cycle
from sampler.models import Change
from stratum.core.clock import now
from stratum.core.models import Ad, Membership, User
from tests.town import PASSWORD, Town, open_town

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
# Runs before every page: what the content policy stopped is told on the console, as an error.
TELL_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"


@dataclass
class Reader:
    """Somebody at a browser, and all that went wrong there."""

    town: Town
    page: Page
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def watch(self) -> None:
        self.page.add_init_script(TELL_VIOLATIONS)
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("dialog", lambda d: (self.wrong.append(f"dialog: {d.message}"), d.dismiss()))
        self.page.on("request", lambda r: self._stays_at_home(r.url))

    def _stays_at_home(self, url: str) -> None:
        at = urlsplit(url)
        if at.scheme not in ("data", "blob") and f"{at.scheme}://{at.netloc}" != self.town.url:
            self.wrong.append(f"left the origin: {url}")

    def sign_in(self, email: str = "owner@example.com") -> None:
        self.open("/accounts/login/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()

    def follow(self, name: str) -> None:
        """A link of the header."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()

    def open(self, path: str) -> Any:
        return self.page.goto(f"{self.town.url}{path}")

    def overflows(self) -> int:
        return self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=8) as opened:
        yield opened


@pytest.fixture
def reader(town: Town, browser: Browser) -> Iterator[Reader]:
    with browser.new_context() as context:
        context.set_default_timeout(15_000)
        found = Reader(town, context.new_page())
        found.watch()
        yield found
    assert [text for text in found.wrong if not text.startswith(found.expected or ("\0",))] == []


@pytest.fixture
def earning_ad(town: Town) -> Ad:
    """An ad with one won deal of 900 dollars."""
    ad = Ad.objects.filter(status="ACTIVE", ad_set__daily_budget__gt=0).order_by("id").first()
    click = town.control("click", ad_id=ad.external_id, consent=2, send=True)
    deal = town.control("lead", click_id=click["click_id"], amount="900.00", currency="USD")
    town.control("deal", deal_id=deal["deal_id"], stage="won")
    town.hear()
    return ad


@pytest.fixture
def waiting(town: Town, earning_ad: Ad) -> list[Change]:
    turn_cycle(town.workspace, until=None, now=now(), rng_seed=1)
    changes = list(Change.objects.filter(status="waiting").order_by("id"))
    assert len(changes) >= 3
    return changes


def add_person(town: Town, email: str, role: str, **fields: Any) -> User:
    user = User.objects.create_user(email, PASSWORD, **fields)
    Membership.everywhere.create(workspace=town.workspace, user=user, role=role)
    return user
