from __future__ import annotations

from typing import Any

import requests


class Caller:
    """JSON over HTTP with a bearer token; answers (status, body)."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        answer = self.session.get(self.url + path, params=query, timeout=10)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None, form: dict[str, Any] | None = None) -> tuple[int, Any]:
        answer = self.session.post(self.url + path, json=body if form is None else None, data=form, timeout=10)
        return answer.status_code, answer.json()

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        answer = self.session.patch(self.url + path, json=body, timeout=10)
        return answer.status_code, answer.json()

    def delete(self, path: str) -> int:
        return self.session.delete(self.url + path, timeout=10).status_code
