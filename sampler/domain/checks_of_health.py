"""Can what the proposal rests on be trusted right now?"""

from __future__ import annotations

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal


def model_in_doubt(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Neither a raise nor a cut on the word of a model that lost touch; what was done may be undone."""
    if not context.doubts or proposal.undoes:
        return None
    return Finding("model_in_doubt", Severity.BLOCK, " ".join(context.doubts))
