"""How two kinds of business differ: what a deal is worth (US dollars), how often it is won, how long it takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vertical:
    value_median: float
    value_sigma: float
    win_rate: float
    close_days: float
    cpm: float
    click_rate: float
    pipeline: str
    campaigns: tuple[str, ...]
    audiences: tuple[str, ...]


VERTICALS: dict[str, Vertical] = {
    "lead_gen": Vertical(
        value_median=250.0,
        value_sigma=0.8,
        win_rate=0.35,
        close_days=6.0,
        cpm=10.5,
        click_rate=0.0125,
        pipeline="default",
        campaigns=("Prospecting", "Spring offer", "Advantage lead mix", "Retargeting"),
        audiences=(
            "Lookalike 1 %",
            "Homeowners 35-55",
            "Broad",
            "Visitors 30 d",
            "Interest: renovation",
            "Lookalike 5 %",
        ),
    ),
    "b2b": Vertical(
        value_median=1400.0,
        value_sigma=0.9,
        win_rate=0.22,
        close_days=9.0,
        cpm=22.0,
        click_rate=0.0085,
        pipeline="3482933980",
        campaigns=("Demo requests", "Whitepaper", "Advantage pipeline", "Webinar"),
        audiences=("Founders", "Operations leads", "Lookalike customers", "Finance leads", "Broad", "Visitors 60 d"),
    ),
}

HOOKS = (
    "Founder story",
    "Before and after",
    "Price first",
    "Customer quote",
    "Question",
    "Checklist",
    "How it works",
    "Last days",
)
KINDS = ("VIDEO", "IMAGE", "CAROUSEL")
CALLS_TO_ACTION = ("LEARN_MORE", "GET_QUOTE", "SIGN_UP", "BOOK_NOW")
BODIES = {
    "Founder story": "I started this because nobody called me back. Now we answer in one hour.",
    "Before and after": "Three weeks ago this was a bare room. See what changed.",
    "Price first": "From $149. No hidden fees, a fixed price before we start.",
    "Customer quote": '"They did in two days what others quoted two weeks for." Dana, Portland',
    "Question": "Still comparing offers? Get yours in two minutes.",
    "Checklist": "Five things to ask before you sign. The third one saves the most.",
    "How it works": "Tell us what you need, pick a day, and we do the rest.",
    "Last days": "This offer ends on Sunday. Reserve your place now.",
}
