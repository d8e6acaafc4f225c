"""What a restart needs: the first instant, every act in order, and how far deliveries had come."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from stratum.sandbox.config import SandboxConfig


class OtherMarket(ValueError):
    """The folder holds the journal of a market with another seed or other profiles."""


class Journal:
    """Two files in a folder, or nothing at all when `folder` is None."""

    def __init__(self, folder: str | None) -> None:
        self.folder = Path(folder) if folder else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def opened(self, config: SandboxConfig, opened_at: datetime) -> tuple[datetime, list[dict[str, Any]]]:
        """The market's first instant and the acts so far; a new folder gets `opened_at` and none."""
        if self.folder is None:
            return opened_at, []
        identity = json.loads(json.dumps(config.market_identity()))
        path = self.folder / "acts.jsonl"
        if not path.exists():
            self._append({"opened_at": opened_at.isoformat(), "market": identity})
            return opened_at, []
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        if lines[0]["market"] != identity:
            raise OtherMarket(f"{path} belongs to another seed or other profiles; choose an empty state_dir")
        return datetime.fromisoformat(lines[0]["opened_at"]), lines[1:]

    def record(self, act: dict[str, Any]) -> None:
        if self.folder:
            self._append(act)

    def _append(self, line: dict[str, Any]) -> None:
        with (self.folder / "acts.jsonl").open("a") as file:  # type: ignore[operator]
            file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def marks(self) -> dict[str, int]:
        """High-water marks: ticks simulated, events delivered, touchpoints sent."""
        path = self.folder / "marks.json" if self.folder else None
        return json.loads(path.read_text()) if path and path.exists() else {}

    def keep_marks(self, marks: dict[str, int]) -> None:
        if self.folder:
            fresh = self.folder / "marks.json.new"
            fresh.write_text(json.dumps(marks))
            os.replace(fresh, self.folder / "marks.json")
