"""What is known of one ad, as sums that forget: each day's figures count half as much after `half_life` days."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass, replace

HALF_LIFE_DAYS = 14.0
RECENT_HALF_LIFE_DAYS = 3.0


@dataclass(frozen=True)
class Outcome:
    """What one ad did on one day. Spend and revenue in major units of one currency; revenue by the day of the click."""

    impressions: float = 0.0
    clicks: float = 0.0
    spend: float = 0.0
    conversions: float = 0.0
    revenue: float = 0.0

    @property
    def value_scatter(self) -> float:
        """revenue² / conversions of a day with sales: all that the spread of order values needs (see `prior`)."""
        return self.revenue**2 / self.conversions if self.conversions > 0 else 0.0

    @property
    def selling(self) -> float:
        return 1.0 if self.conversions > 0 else 0.0


NOTHING = Outcome()


def weight(age_days: float, half_life: float) -> float:
    return 0.5 ** (age_days / half_life)


@dataclass(frozen=True)
class Belief:
    """Decayed sums over an ad's days up to `as_of` (a proleptic ordinal). A pure function of the ad's outcomes.

    `recent_*` forget within days: compared with the slow sums they show an ad that wears out.
    """

    as_of: int
    half_life: float = HALF_LIFE_DAYS
    impressions: float = 0.0
    clicks: float = 0.0
    spend: float = 0.0
    conversions: float = 0.0
    revenue: float = 0.0
    value_scatter: float = 0.0
    selling_days: float = 0.0
    recent_impressions: float = 0.0
    recent_clicks: float = 0.0

    def decayed(self, to_day: int) -> Belief:
        """The same knowledge seen from a later day. ValueError for an earlier one: sums cannot remember again."""
        if to_day < self.as_of:
            raise ValueError(f"a belief as of day {self.as_of} cannot be taken back to day {to_day}")
        slow, fast = weight(to_day - self.as_of, self.half_life), weight(to_day - self.as_of, RECENT_HALF_LIFE_DAYS)
        return Belief(
            to_day,
            self.half_life,
            *(slow * value for value in astuple(self)[2:9]),
            *(fast * value for value in astuple(self)[9:]),
        )

    def updated(self, day: int, outcome: Outcome, replacing: Outcome = NOTHING) -> Belief:
        """With the outcome of `day` in place of `replacing`, what that day was believed to be before.

        A platform's restatement or a refund is an update that replaces; replacing with NOTHING's twin takes a day back exactly.
        A day later than `as_of` moves the belief there first.
        """
        seen = self.decayed(max(day, self.as_of))
        slow, fast = weight(seen.as_of - day, self.half_life), weight(seen.as_of - day, RECENT_HALF_LIFE_DAYS)
        return replace(
            seen,
            impressions=seen.impressions + slow * (outcome.impressions - replacing.impressions),
            clicks=seen.clicks + slow * (outcome.clicks - replacing.clicks),
            spend=seen.spend + slow * (outcome.spend - replacing.spend),
            conversions=seen.conversions + slow * (outcome.conversions - replacing.conversions),
            revenue=seen.revenue + slow * (outcome.revenue - replacing.revenue),
            value_scatter=seen.value_scatter + slow * (outcome.value_scatter - replacing.value_scatter),
            selling_days=seen.selling_days + slow * (outcome.selling - replacing.selling),
            recent_impressions=seen.recent_impressions + fast * (outcome.impressions - replacing.impressions),
            recent_clicks=seen.recent_clicks + fast * (outcome.clicks - replacing.clicks),
        )

    def state(self) -> dict[str, float]:
        """Plain numbers for a JSON column; `Belief(**state)` restores it."""
        return asdict(self)
