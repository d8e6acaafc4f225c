"""`.stratum/sandbox.json`: what the simulated platforms and the demo workspace have to agree on, drawn once a checkout."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from stratum.embedded.children import free_port, is_free
from stratum.embedded.places import read_json, write_private_json

PORTS = ("graph_port", "crm_port")


def provide_sandbox_file(state: Path, public_url: str) -> dict[str, Any]:
    """Keeps ports and secrets over restarts; follows a changed PUBLIC_URL, and moves away from a port that somebody took."""
    path = state / "sandbox.json"
    content = (read_json(path) or _drawn(state)) | {
        "webhook_url": f"{public_url}/webhooks/hubspot/",
        "collect_url": f"{public_url}/collect",
        "ingest_url": f"{public_url}/api/touchpoints",
    }
    content |= {name: free_port() for name in PORTS if not content.get(name) or not is_free(content[name])}
    write_private_json(path, content)
    return content


def environment_of(content: dict[str, Any]) -> dict[str, str]:
    return {
        "META_GRAPH_URL": f"http://127.0.0.1:{content['graph_port']}",
        "GOOGLE_DATA_MANAGER_URL": f"http://127.0.0.1:{content['graph_port']}",
        "GOOGLE_ADS_URL": f"http://127.0.0.1:{content['graph_port']}",
        "GOOGLE_TOKEN_URL": f"http://127.0.0.1:{content['graph_port']}",
        "HUBSPOT_API_URL": f"http://127.0.0.1:{content['crm_port']}",
    }


def _drawn(state: Path) -> dict[str, Any]:
    return {
        "seed": 7,  # every checkout tells the same story
        "access_token": f"EAA{secrets.token_hex(40)}",
        "crm_token": f"pat-na1-{secrets.token_hex(16)}",
        "portal_id": 10_000_000 + secrets.randbelow(90_000_000),
        "app_id": 1_000_000 + secrets.randbelow(9_000_000),
        "client_secret": secrets.token_hex(18),
        "write_key": f"wk_{secrets.token_hex(12)}",
        "api_key": f"sk_{secrets.token_hex(4)}_{secrets.token_hex(24)}",
        "history_days": 45,
        "own_channels": True,
        "state_dir": str(state / "sandbox"),
        "live": True,
    }
