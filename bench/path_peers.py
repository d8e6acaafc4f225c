"""The peers, each as it is meant to be used, from the shape it takes. Runs in `.venv-bench`, which has none of Stratum."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.path_data import NAMES, read
from bench.path_job import Credits, run_job

HALF_LIFE_HOURS = 168.0


def _texts(folder: Path, *, ages: bool) -> dict[str, list]:
    """Paths as text, the shape that both attribution packages take."""
    paths = read(folder)
    bounds = list(zip(paths.start[:-1].tolist(), paths.start[1:].tolist(), strict=True))
    names, age = [NAMES[code] for code in paths.channel.tolist()], paths.age.tolist()
    columns = {
        "path": [" > ".join(names[a:b]) for a, b in bounds],
        "converted": paths.converted.tolist(),
        "lost": (1 - paths.converted).tolist(),
    }
    return columns | ({"age": [" > ".join(map(str, age[a:b])) for a, b in bounds]} if ages else {})


def _channel_attribution(which: str, folder: Path) -> Callable[[], Credits]:
    import pandas as pd

    with contextlib.redirect_stdout(io.StringIO()):
        from ChannelAttribution import heuristic_models, markov_model
    frame = pd.DataFrame(_texts(folder, ages=False))

    def rules() -> Credits:
        found = heuristic_models(frame, "path", "converted", flg_pro=False).set_index("channel_name")
        return {name: found[f"{name}_touch"].to_dict() for name in ("first", "last", "linear")}

    def chain() -> Credits:
        found = markov_model(
            frame, "path", "converted", var_null="lost", order=int(which[-1]), seed=1, verbose=False, flg_pro=False
        )
        return {"markov": found.set_index("channel_name")["total_conversions"].to_dict()}

    return rules if which == "rules" else chain


def _mam(calls: dict[str, str], folder: Path) -> Callable[[], Credits]:
    import polars as pl
    from mam import MAM

    texts = _texts(folder, ages=True)
    frame = pl.DataFrame({**texts, "person": np.arange(len(texts["path"]))})
    columns = {
        "channels_colname": "path",
        "journey_with_conv_colname": "converted",
        "user_id_colname": "person",
        "time_till_conv_colname": "age",
    }
    mam = MAM(frame, "journey", **columns)

    def work() -> Credits:
        answers = {}
        for model, call in calls.items():
            options = {"transition_to_same_state": True} if model == "markov" else {}
            result = getattr(mam, call)(**options)
            found = result.to_polars()
            answers[model] = dict(zip(found["channels"].to_list(), found["attribution"].to_list(), strict=True))
            if model == "markov":  # its credit by channel spreads the effects over each path once more
                answers[model] = result.metadata["removal_effect"]["removal_effect"].to_dict()
        return answers

    return work


def _six_channels(folder: Path) -> Callable[[], Credits]:
    """Six channels on one path that converts: by symmetry each has earned the same."""
    import polars as pl
    from mam import MAM

    frame = pl.DataFrame({"path": [" > ".join("abcdef")] * 2, "converted": [1, 0], "lost": [0, 1], "age": [" > ".join("654321")] * 2, "person": [1, 2]})  # fmt: skip
    mam = MAM(frame, "journey", "path", "converted", user_id_colname="person", time_till_conv_colname="age")

    def work() -> Credits:
        found = mam.run_shapley().to_polars()
        return {"shapley": dict(zip(found["channels"].to_list(), found["attribution"].to_list(), strict=True))}

    return work


def _long(folder: Path) -> dict[str, np.ndarray]:
    """One row a touch: person, channel, hours before the end, whether the path converted."""
    paths = read(folder)
    length = np.diff(paths.start)
    return {
        "person": np.repeat(np.arange(len(length)), length),
        "channel": paths.channel,
        "age": paths.age,
        "converted": np.repeat(paths.converted, length),
    }


def _pandas(folder: Path) -> Callable[[], Credits]:
    import pandas as pd

    frame = pd.DataFrame(_long(folder))

    def work() -> Credits:
        earning = frame[frame["converted"] == 1]
        people = earning.groupby("person", sort=False)
        length = people["channel"].transform("size")
        place = people.cumcount()
        first, last = place == 0, place == length - 1
        ends = np.select([length == 1, length == 2], [1.0, 0.5], 0.4)
        decayed = np.exp2(-earning["age"] / HALF_LIFE_HOURS)
        shares = {
            "first": first.astype(float),
            "last": last.astype(float),
            "linear": 1 / length,
            "position": pd.Series(np.where(first | last, ends, 0.2 / np.maximum(length - 2, 1)), earning.index),
            "time_decay": decayed / decayed.groupby(earning["person"], sort=False).transform("sum"),
        }
        sums = {model: share.groupby(earning["channel"]).sum() for model, share in shares.items()}
        return {model: {NAMES[code]: float(credit) for code, credit in found.items()} for model, found in sums.items()}

    return work


FIVE_IN_SQL = f"""
    WITH placed AS (
        SELECT channel, row_number() OVER w AS place, count(*) OVER person AS length, exp2(-age / {HALF_LIFE_HOURS}) AS weight,
               sum(exp2(-age / {HALF_LIFE_HOURS})) OVER person AS weights
        FROM touches WHERE converted = 1
        WINDOW w AS (PARTITION BY person ORDER BY rowid), person AS (PARTITION BY person)
    )
    SELECT channel, sum(CAST(place = 1 AS INT)), sum(CAST(place = length AS INT)), sum(1.0::double / length),
           sum(CASE WHEN length = 1 THEN 1.0::double WHEN length = 2 THEN 0.5 WHEN place IN (1, length) THEN 0.4 ELSE 0.2 / (length - 2) END),
           sum(weight / weights)
    FROM placed GROUP BY channel
"""


def _duckdb(folder: Path) -> Callable[[], Credits]:
    import duckdb
    import pandas as pd

    base = duckdb.connect()
    frame = pd.DataFrame(_long(folder))
    base.execute("CREATE TABLE touches AS SELECT * FROM frame")
    del frame

    def work() -> Credits:
        rows = base.execute(FIVE_IN_SQL.replace("exp2(", "pow(2.0, ")).fetchall()
        models = ("first", "last", "linear", "position", "time_decay")
        return {model: {NAMES[row[0]]: float(row[number]) for row in rows} for number, model in enumerate(models, 1)}

    return work


JOBS = {
    "ChannelAttribution rules": partial(_channel_attribution, "rules"),
    "ChannelAttribution markov 1": partial(_channel_attribution, "markov 1"),
    "ChannelAttribution markov 2": partial(_channel_attribution, "markov 2"),
    "MAM five": partial(
        _mam,
        {
            "first": "run_first_click",
            "last": "run_last_click",
            "linear": "run_linear",
            "position": "run_position_based",
            "time_decay": "run_time_decay",
        },
    ),
    "MAM markov": partial(_mam, {"markov": "run_markov"}),
    "MAM shapley": partial(_mam, {"shapley": "run_shapley"}),
    "MAM six channels": _six_channels,
    "pandas five": _pandas,
    "DuckDB five": _duckdb,
}

if __name__ == "__main__":
    run_job(JOBS)
