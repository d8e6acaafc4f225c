"""A market with known truth behind two real HTTP servers that speak Meta's and HubSpot's protocols.

The demo, the tests and the benchmarks run against it over HTTP. No product code knows that it exists.
"""

from stratum.sandbox.config import AccountProfile, SandboxConfig
from stratum.sandbox.sandbox import Sandbox

__all__ = ["AccountProfile", "Sandbox", "SandboxConfig"]
