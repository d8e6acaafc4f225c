from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    BLOCK = "block"
    TWO = "two"
    REVIEW = "review"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What a check has to say: a block stops the change, two asks two people, a review asks one, a note is only told."""

    check: str
    severity: Severity
    sentence: str


def blocks(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == Severity.BLOCK for finding in findings)


def clean(findings: Iterable[Finding]) -> bool:
    """Nothing for a person to look at: notes at most."""
    return all(finding.severity == Severity.NOTE for finding in findings)


def people_needed(findings: Iterable[Finding], approvers: int) -> int:
    """How many people must approve; where only one person may approve at all, that one is enough and the finding stays in sight."""
    two = any(finding.severity == Severity.TWO for finding in findings)
    return 2 if two and approvers > 1 else 1
