from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Scenario:
    """A world. Shares are of what the name says; everything is drawn from one seed."""

    name: str = "base"
    people: int = 200_000
    clicks: int = 380_000
    days: int = 120
    train_days: int = 75
    """Learning sees leads before this day, the figures are about leads after it."""
    ads: int = 200
    campaigns: int = 40
    products: int = 8
    leads: int = 19_800
    organic: float = 0.30
    """Leads that no ad brought; half of them by people who had also clicked one."""
    same_session: float = 0.40
    """Ad-driven leads within the session of the click; the others follow over days."""
    mean_delay_days: float = 7.0
    cookie_loss: float = 0.40
    """Devices whose cookie does not outlive the day."""
    other_device: float = 0.35
    """Delayed leads that come from another device of the same person."""
    colleague: float = 0.10
    """Delayed leads that somebody else of the same company or household fills in."""
    no_consent: float = 0.10
    unseen: float = 0.06
    """Clicks that were never collected (blocked scripts)."""
    known_before: float = 0.30
    """Devices identified by an e-mail link before any lead."""
    known_after: float = 0.50
    """People whose devices are identified by e-mail links in the weeks after their lead."""
    interest: str = ""
    """How organic leads cluster near the clicks of the same people: `box`, `decay`, `hours`, or not at all (`interest.py`)."""
    interested: float = 0.0
    """Organic leads that come while the person is interested."""
    lag_days: float = 0.0
    """Mean days by which such leads come later than clicks do: people look around before they ask. Not for `hours`."""
    clicks_of_interest: float = 0.0
    """Clicks that come while the person is interested."""
    unique_prints: tuple[float, float, float] = (0.68, 0.44, 0.035)
    """Share of unique fingerprints among desktops, Android and iOS devices."""


BASE = Scenario()
HARSH = replace(BASE, name="harsh", organic=0.50, other_device=0.50, no_consent=0.30)
BOX = {"interest": "box", "interested": 0.7, "clicks_of_interest": 0.5}
FADING = replace(BASE, name="interest that fades", interest="decay", interested=0.7, clicks_of_interest=0.5)
SCENARIOS = (
    BASE,
    replace(BASE, name="better collection", cookie_loss=0.02, known_before=0.35, known_after=0.60),
    HARSH,
    replace(
        BASE,
        name="easy",
        organic=0.05,
        no_consent=0.0,
        cookie_loss=0.20,
        other_device=0.10,
        colleague=0.0,
        unseen=0.0,
        unique_prints=(0.75, 0.93, 0.97),
    ),
    replace(BASE, name="interest for a week", **BOX),
    FADING,
    replace(BASE, name="organic within hours", interest="hours", interested=0.4),
    replace(
        BASE,
        name="better collection, interest for a week",
        cookie_loss=0.02,
        known_before=0.35,
        known_after=0.60,
        **BOX,
    ),
    replace(HARSH, name="harsh, interest for a week", **BOX),
    replace(FADING, name="interest that fades, asked a day later", lag_days=1.0),
)
