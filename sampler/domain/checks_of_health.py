"""Can what the proposal rests on be trusted right now?"""

from __future__ import annotations

from datetime import timedelta

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal


def model_in_doubt(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Neither a raise nor a cut on the word of a model that lost touch; what was done may be undone."""
    if not context.doubts or proposal.undoes:
        return None
    return Finding("model_in_doubt", Severity.BLOCK, " ".join(context.doubts))


def planned_for_another_day(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """What was best on a day that is long over, or yet to come, is not what is best today. A plan may be sent past midnight."""
    if context.planned_for is None or context.today is None or proposal.undoes:
        return None
    if timedelta(0) <= context.today - context.planned_for <= timedelta(days=context.most_days_late):
        return None
    sentence = f"It was planned for {context.planned_for:%-d %B %Y}, and today is {context.today:%-d %B %Y}."
    return Finding("planned_for_another_day", Severity.BLOCK, sentence)
