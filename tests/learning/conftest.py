from __future__ import annotations

from tests.sampler.conftest import account, market, platform

__all__ = ["account", "market", "platform"]
