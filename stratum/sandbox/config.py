"""What a sandbox is made of. Every figure of the market follows from the seed and these profiles."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AccountProfile:
    """One ad account. Budgets are a day's, in US dollars, and are converted into `currency`.

    `platform`: meta or google, where every campaign has a budget and the first `shared_budgets` of them share one.
    `stated_timezone`: what the platform says, where that is no time zone. How single objects are shown is `present`'s (see `market/acts.py`).
    """

    external_id: str = "1029384756"
    name: str = "Harbor & Pine"
    currency: str = "USD"
    timezone: str = "America/New_York"
    vertical: str = "lead_gen"
    pixel_id: str = "880011223344556"
    campaigns: int = 4
    campaign_budgets: int = 1
    ad_sets: int = 10
    ads: int = 24
    budget_low_usd: float = 30.0
    budget_high_usd: float = 150.0
    platform: str = "meta"
    shared_budgets: int = 0
    stated_timezone: str = ""


@dataclass(frozen=True)
class SandboxConfig:
    """Ports of 0 take any free one. `now` (ISO, with offset) fixes the instant a standing sandbox starts at.

    `own_channels`: people also come by themselves, by e-mail and text message, fill in named forms and share devices.
    """

    seed: int = 7
    graph_port: int = 0
    crm_port: int = 0
    access_token: str = "graph-sandbox-token"  # noqa: S105
    crm_token: str = "crm-sandbox-token"  # noqa: S105
    portal_id: int = 247279312
    app_id: int = 51879189
    client_secret: str = "webhook-sandbox-secret"  # noqa: S105
    webhook_url: str | None = None
    collect_url: str | None = None
    write_key: str | None = None
    ingest_url: str | None = None
    api_key: str | None = None
    accounts: tuple[AccountProfile, ...] = (AccountProfile(),)
    home_currency: str = "USD"
    history_days: int = 45
    own_channels: bool = False
    now: str | None = None
    live: bool = False
    state_dir: str | None = None
    deliver_history: bool = True
    delivery_retry_seconds: tuple[float, ...] = (1, 2, 5, 10, 20, 30, 60, 120, 240, 480)
    delivery_timeout_seconds: float = 5.0
    duplicate_share: float = 0.03
    delay_share: float = 0.05
    delay_seconds: float = 3.0
    search_lag_seconds: float = 3.0
    search_per_second: int = 5
    async_seconds: float = 1.0
    account_points: float = 9000.0
    google_page_rows: int = 10_000

    @classmethod
    def from_mapping(cls, values: dict[str, Any]) -> SandboxConfig:
        """Reads a JSON object; TypeError names a key that does not exist."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise TypeError(f"sandbox config has no {', '.join(sorted(unknown))}")
        read = dict(values)
        if "accounts" in read:
            read["accounts"] = tuple(AccountProfile(**profile) for profile in read["accounts"])
        if "delivery_retry_seconds" in read:
            read["delivery_retry_seconds"] = tuple(read["delivery_retry_seconds"])
        return cls(**read)

    @classmethod
    def load(cls, path: str | Path) -> SandboxConfig:
        return cls.from_mapping(json.loads(Path(path).read_text()))

    def market_identity(self) -> dict[str, Any]:
        """The part a stored market cannot change under: it decides every random draw and every id."""
        return {
            "seed": self.seed,
            "history_days": self.history_days,
            **({"own_channels": True} if self.own_channels else {}),
            "home_currency": self.home_currency,
            "accounts": [_identity(profile) for profile in self.accounts],
        }


def _identity(profile: AccountProfile) -> dict[str, Any]:
    """Without what a market of before did not know, so that a stored one goes on."""
    newer = {"stated_timezone"} | ({"platform", "shared_budgets"} if profile.platform == "meta" else set())
    return {name: value for name, value in asdict(profile).items() if name not in newer}
