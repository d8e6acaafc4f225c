from __future__ import annotations

from dataclasses import replace

import pytest

from sampler.domain.reasons import Case, because, of_all, would_change_our_mind

GOOD = Case(
    mean=2.5,
    account_mean=2.0,
    drawn=2.4,
    account_drawn=2.1,
    above=0.8,
    own_weight=0.7,
    clicks=2000.0,
    conversions=40.04,
    click_rate=0.02,
    account_click_rate=0.0134,
    decay=1.0,
)
POOR = replace(GOOD, mean=1.5, drawn=1.6, above=0.1)


@pytest.mark.parametrize(
    ("case", "raised", "sentence"),
    [
        (GOOD, True, "This would change if it returned less than the account's 2.00× over the coming days; the chance of that is put at 20 %."),
        (POOR, False, "This would change if it returned more than the account's 2.00× over the coming days; the chance of that is put at 10 %."),
        (POOR, True, "Raised although it is expected to return less than the account: better budgets may not be raised further"),
        (GOOD, False, "Cut although it is expected to return more than the account: weaker budgets may not be cut further"),
        (replace(POOR, drawn=2.2), True, "Raised although it is expected to return less than the account: what is uncertain is tried out, and this turn's draw put it at 2.20×, against 2.10×"),
        (replace(GOOD, drawn=2.0), False, "Cut although it is expected to return more than the account: what is uncertain is tried out"),
    ],
)  # fmt: skip
def test_what_would_change_our_mind_fits_the_move(case, raised, sentence):
    assert would_change_our_mind(case, raised=raised).startswith(sentence)


def test_the_reasons_tell_the_own_record_from_what_is_borrowed():
    sentences = {reason.signal: reason.sentence for reason in because(GOOD)}
    assert sentences["return"] == "Expected to return 2.50× at today's budget; the account averages 2.00×."
    assert "70 % by its own record (40.0 leads from 2,000 clicks, older ones counting less)" in sentences["evidence"]
    alone = {reason.signal: reason.sentence for reason in because(replace(GOOD, own_weight=0.998, conversions=19916.4))}
    assert alone["evidence"].startswith("Judged by its own record alone: 19,916 leads from 2,000 clicks,")


def test_the_best_of_all_is_told_only_among_several():
    assert of_all(1.0, 1) == ()
    (among_four,) = of_all(0.3, 4)
    assert among_four.direction == "up"
    assert (
        among_four.sentence == "Of 4 budgets this is the one with the highest marginal ROAS with a probability of 30 %."
    )
