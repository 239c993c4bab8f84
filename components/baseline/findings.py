"""What the evaluation gate says of a production version that a new model cannot be compared with."""

from typing import Literal

from tfx.types import standard_artifacts

from records.findings import Finding
from records.properties import INCOMPARABLE, REGISTRY_VERSION

ADVICE = (
    "No figure says whether this model is better than the one in production. If it shall follow it all the same, set "
    "evaluate.incomparable_baseline to ignore."
)


def comparison_findings(
    baseline: standard_artifacts.Model, *, gate: str, on_incomparable: Literal["refuse", "ignore"]
) -> list[Finding]:
    """One finding where Baseline found a production version that cannot be compared with; none elsewhere.

    Args:
      baseline: Baseline's artifact.
      gate: name of the gate in the findings.
      on_incomparable: the config's `evaluate.incomparable_baseline`.
    """
    # Outputs that the cache keeps of an earlier Baseline have no such property.
    reason = baseline.get_string_custom_property(INCOMPARABLE)
    if not reason:
        return []
    return [
        Finding(
            gate=gate,
            metric="comparable with production",
            where=f"version {baseline.get_int_custom_property(REGISTRY_VERSION)}",
            value=f"no: {reason}",
            limit="yes",
            passed=on_incomparable == "ignore",
            applies=on_incomparable == "refuse",
            advice=ADVICE,
        )
    ]
