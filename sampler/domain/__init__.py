from sampler.domain.portfolio.config import PortfolioConfig
from sampler.domain.portfolio.plan import Plan
from sampler.domain.portfolio.portfolio import Portfolio
from sampler.domain.portfolio.rows import AdRows, Limits, ValueEvents

__all__ = ["AdRows", "Limits", "Plan", "Portfolio", "PortfolioConfig", "ValueEvents"]
