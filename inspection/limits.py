"""Verdicts on the limits of a run's gates."""

from collections.abc import Iterable
from typing import Literal

from records.findings import Finding

Verdict = Literal["missed", "left out", "not applicable", "kept"]


def verdict(finding: Finding) -> Verdict:
    """The verdict on the limit of a finding."""
    if not finding.applies:
        return "not applicable"
    if finding.passed:
        return "kept"
    return "missed" if finding.stops else "left out"


def count_limits(findings: Iterable[Finding]) -> str:
    """How many were kept of those that applied, in words."""
    verdicts = [verdict(finding) for finding in findings]
    others = verdicts.count("not applicable")
    counted = [f"{verdicts.count('kept')} of {len(verdicts) - others} limits kept"]
    if verdicts.count("left out"):
        counted.append(f"{verdicts.count('left out')} missed by variants left out")
    if others:
        counted.append(f"{others} not applicable")
    return ", ".join(counted)


def bounds(limit: str) -> list[float]:
    """The numbers of a limit such as `>= 0.6 and <= 0.98`."""
    return [float(bound.split()[1]) for bound in limit.split(" and ")]
