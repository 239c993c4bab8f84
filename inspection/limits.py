"""What became of the limits of a run's gates."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

Verdict = Literal["missed", "not applicable", "kept"]


def verdict(finding: Mapping[str, Any]) -> Verdict:
    """Of one finding in the run record."""
    # Records from before there were limits that do not apply lack the key.
    if not finding.get("applies", True):
        return "not applicable"
    return "kept" if finding["passed"] else "missed"


def count_limits(findings: Iterable[Mapping[str, Any]]) -> str:
    """How many were kept of those that applied, in words."""
    verdicts = [verdict(finding) for finding in findings]
    others = verdicts.count("not applicable")
    counted = f"{verdicts.count('kept')} of {len(verdicts) - others} limits kept"
    return f"{counted}, {others} not applicable" if others else counted


def bounds(limit: str) -> list[float]:
    """The numbers of a limit such as `>= 0.6 and <= 0.98`."""
    return [float(bound.split()[1]) for bound in limit.split(" and ")]
