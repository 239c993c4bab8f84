"""What became of the limits of a run's gates."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

Verdict = Literal["missed", "left out", "not applicable", "kept"]


def verdict(finding: Mapping[str, Any]) -> Verdict:
    """Of one finding in the run record."""
    # Records from before there were limits that do not apply lack the key.
    if not finding.get("applies", True):
        return "not applicable"
    if finding["passed"]:
        return "kept"
    # Records from before variants were left out lack the key.
    return "missed" if finding.get("stops", True) else "left out"


def count_limits(findings: Iterable[Mapping[str, Any]]) -> str:
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
