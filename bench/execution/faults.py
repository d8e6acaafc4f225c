"""One item in five and one call in five goes wrong, in every way that the sandbox knows."""

from __future__ import annotations

from stratum.sandbox import Sandbox
from stratum.sandbox.faults import WHOLE

ITEMS, GRAPH = "/v26.0/1202", "/v26.0"
LIMITS = ({"code": 613, "subcode": 1487632}, {"code": 17, "subcode": 2446079}, {"code": 80004})


def add_faults(sandbox: Sandbox, *, of_items: float = 0.2, of_writes: float = 0.2, of_reads: float = 0.05) -> None:
    """Shares of the items of a batch, of the batches, and of the reads that go wrong. A read that fails is asked again."""
    for name, applied in (
        ("batch_null_lost", False),
        ("batch_null_applied", False),
        ("item_html_500", False),
        ("item_html_500", True),
    ):
        _add(sandbox, name, of_items / 5, path=ITEMS, applied=applied)
    for limit, share in zip(LIMITS, (0.8, 0.1, 0.1), strict=True):
        _add(sandbox, "rate_limit", of_items / 5 * share, method="POST", path=ITEMS, **limit)
    for name in ("timeout_before_apply", "timeout_after_apply", "html_502", "html_200", "token_expired"):
        _add(sandbox, name, of_writes / 6, method="POST", path=GRAPH)
    for limit in LIMITS[1:]:
        _add(sandbox, "rate_limit", of_writes / 12, method="POST", path=GRAPH, index=WHOLE, **limit)
    _add(sandbox, "edit_in_between", of_writes / 2, method="POST", path=GRAPH)
    for name in ("timeout_after_apply", "html_502"):
        _add(sandbox, name, of_reads / 4, method="GET", path=GRAPH)
    for name in ("batch_null_lost", "item_html_500"):
        _add(sandbox, name, of_reads / 2, method="GET", path=f"{GRAPH}/act_")
    _add(sandbox, "token_expired", of_reads / 4, method="GET", path=GRAPH)
    _add(sandbox, "rate_limit", of_reads / 4, method="GET", path=GRAPH, code=80004)


def _add(sandbox: Sandbox, name: str, probability: float, **where: object) -> None:
    sandbox.faults.add(name, probability=probability, times=None, **where)
