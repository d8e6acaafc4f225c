"""Seventy days of one advertiser's display campaigns, as its agency reported them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from bench.data_folder import DataMissing, data_folder
from bench.market.policy import Events
from bench.replay.panel import Panel

FILE = "online_ad_panel.csv"
SOURCE = (
    f"{FILE}, the “Online Advertising Digital Marketing Data” of Kaggle and MachineHack with the columns date (ISO), ad_id, campaign, "
    "audience, banner, placement, impressions, clicks, spend (its “revenue”: what the advertiser paid), conversions and "
    "conversion_value (its “post_click_conversions” and “post_click_sales_amount”)."
)
FIGURES = ("impressions", "clicks", "spend", "conversion_value", "conversions")
TRAITS = ("audience", "banner", "placement")


def online_ads() -> tuple[Panel, list[str]]:
    """The panel with a campaign as an account, and the campaigns' names. Every sale is told of on the day of its click, since
    nothing says when it came. A creative's vector says its audience, banner and placement. DataMissing."""
    path = data_folder("online_ad_daily", SOURCE) / FILE
    if not path.exists():
        raise DataMissing(f"{path} is missing: {SOURCE}")
    rows = _read(path)
    days, ads, campaigns = (sorted({row[name] for row in rows}) for name in ("date", "ad_id", "campaign"))
    day, ad = _places(rows, "date", days), _places(rows, "ad_id", ads)
    tables = {name: np.zeros((len(days), len(ads))) for name in FIGURES}
    for name, table in tables.items():
        np.add.at(table, (day, ad), [float(row[name]) for row in rows])
    account = np.zeros(len(ads), dtype=np.int64)
    account[ad] = _places(rows, "campaign", campaigns)
    sold, worth = tables.pop("conversions"), tables.pop("conversion_value")
    vector = np.concatenate([_one_hot(rows, trait, ad, len(ads)) for trait in TRAITS], axis=1)
    booked = [_sales(number, *columns) for number, columns in enumerate(zip(sold, worth, strict=True))]
    nobody_tells = np.zeros((len(days), len(ads)))
    return Panel(account, revenue=worth, vector=vector, booked=booked, frequency=nobody_tells, **tables), campaigns


def _read(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def _places(rows: list[dict[str, str]], column: str, among: list[str]) -> np.ndarray:
    at = {value: number for number, value in enumerate(among)}
    return np.array([at[row[column]] for row in rows])


def _one_hot(rows: list[dict[str, str]], trait: str, ad: np.ndarray, ads: int) -> np.ndarray:
    values = sorted({row[trait] for row in rows})
    table = np.zeros((ads, len(values)))
    table[ad, _places(rows, trait, values)] = 1.0
    return table


def _sales(day: int, sold: np.ndarray, worth: np.ndarray) -> Events:
    """As many orders as were counted, of the ad's mean value on the day."""
    count = np.where(worth > 0, np.maximum(np.rint(sold), 1), 0).astype(np.int64)
    ads = np.repeat(np.arange(len(sold)), count)
    return Events(ads, np.full(len(ads), day), np.repeat(worth / np.maximum(count, 1), count))
