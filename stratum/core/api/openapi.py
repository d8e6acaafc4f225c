"""What the OpenAPI document says of every endpoint: how to sign in, and what errors look like."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "stratum.core.api.authentication.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sk_<workspace>_<secret>"}


PROBLEM_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "reason": {"type": "string"}}},
        },
    },
}


def document_problems(result: dict[str, Any], generator: object, request: object, public: bool) -> dict[str, Any]:
    """Adds the problem responses to each operation of the OpenAPI schema."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for path in result["paths"].values():
        for operation in path.values():
            for status in ("400", "401", "403", "404", "405", "409", "413", "415", "422"):
                operation["responses"].setdefault(
                    status, {"description": HTTPStatus(int(status)).phrase, "content": content}
                )
    return result
