from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    BLOCK = "block"
    REVIEW = "review"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What a check has to say about a proposal: a block stops it, a review asks a person, a note is only told."""

    check: str
    severity: Severity
    sentence: str


def blocks(findings: list[Finding]) -> bool:
    return any(finding.severity == Severity.BLOCK for finding in findings)


def clean(findings: list[Finding]) -> bool:
    """Nothing for a person to look at: notes at most."""
    return all(finding.severity == Severity.NOTE for finding in findings)
