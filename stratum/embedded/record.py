"""`.stratum/runtime.json`: who runs the servers of this checkout, where they listen, and what to stop if that process was killed."""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stratum.embedded.children import Child
from stratum.embedded.places import read_json, write_private_json
from stratum.embedded.processes import Living


@dataclass
class Record:
    path: Path
    owner: Living
    command: str
    address: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    children: dict[str, Living] = field(default_factory=dict)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @classmethod
    def read(cls, path: Path) -> Record | None:
        found = read_json(path)
        if found is None:
            return None
        children = {name: Living(**child) for name, child in found.pop("children").items()}
        return cls(path=path, owner=Living(**found.pop("owner")), children=children, **found)

    @property
    def is_alive(self) -> bool:
        return self.owner.is_alive()

    def describe(self) -> str:
        doing = f"already running at {self.address}" if self.address else f"`{self.command}` is using the data"
        return f"{doing}, pid {self.owner.pid}"

    def note(self, child: Child) -> None:
        if child.pid is not None:
            self.children[child.name] = Living.now(child.pid)
        self.write()

    def write(self) -> None:
        content: dict[str, Any] = asdict(self)
        del content["path"]
        write_private_json(self.path, content)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def stop_leftovers(self) -> list[str]:
        """Ends the children of an owner that was killed, on systems that did not do it themselves; their names."""
        left = [name for name, child in self.children.items() if child.is_alive()]
        for name in sorted(left, key=lambda name: name in ("postgres", "valkey")):
            self.children[name].end(signal.SIGINT if name == "postgres" else signal.SIGTERM, patience=15.0)
        self.remove()
        return left
