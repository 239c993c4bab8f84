"""What gates find."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from records.artifact_files import has_file, read_file, write_file
from records.known_fields import known_fields

FINDINGS_FILE = "gates.json"
# The value of a metric that the gate has a limit for and that nobody computed.
NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One metric held against one limit.

    Attributes:
      gate: data, evaluation, compression or serving.
      metric: what was measured, such as `accuracy` or `examples`.
      where: the slice, variant or split; empty: overall.
      value: what was received.
      limit: what is allowed, such as `>= 0.95`.
      passed: whether the value is within the limit.
      applies: whether there was anything to hold to the limit; a limit that does not apply refuses nothing.
      advice: what to do where it refuses; empty: what the gate advises.
      variant: the converted file that was measured; empty where it was no single one.
      stops: whether nothing ships where it did not pass; else only its variant does not.
      against: file of the statistics that the value is a distance from; empty for all other values.
      interval: where the value is with a confidence of 95 %; None where nobody asked.
      p_value: how probable a change such as this one is by chance alone; None where nobody asked.
    """

    gate: str
    metric: str
    where: str
    value: float | str
    limit: str
    passed: bool
    applies: bool = True
    advice: str = ""
    variant: str = ""
    stops: bool = True
    against: str = ""
    p_value: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def refuses(self) -> bool:
        """Whether it ends the launch."""
        return not self.passed and self.stops

    def __str__(self) -> str:
        value = f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value).removesuffix(".")
        where = f" ({self.where})" if self.where else ""
        chance = "" if self.p_value is None else f", p {self.p_value:.2g}"
        return f"{self.metric}{where} must be {self.limit}. Received: {value}{self.interval_text}{chance}."

    @property
    def interval_text(self) -> str:
        """The interval as it follows the value; empty without one."""
        return "" if self.interval is None else f" ({self.interval[0]:.4g} to {self.interval[1]:.4g})"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Finding":
        """A finding out of its JSON, which earlier versions wrote with the key `figure`."""
        renamed = {"metric" if key == "figure" else key: value for key, value in values.items()}
        if renamed.get("interval") is not None:
            renamed["interval"] = tuple(renamed["interval"])
        return cls(**known_fields(cls, renamed))


def drift_of(feature: str) -> str:
    """The metric of findings on how far a feature's distribution moved."""
    return f"drift of {feature}"


def skew_of(feature: str) -> str:
    """The metric of findings on how far a feature's distribution is from that in production."""
    return f"skew of {feature}"


def write_findings(uri: str, findings: Iterable[Finding]) -> None:
    """Writes a gate's findings into its artifact's directory."""
    write_file(uri, FINDINGS_FILE, json.dumps([asdict(finding) for finding in findings], indent=1))


def read_findings(uri: str) -> tuple[Finding, ...]:
    """The findings in an artifact's directory; none where the artifact is no gate's."""
    if not has_file(uri, FINDINGS_FILE):
        return ()
    return tuple(map(Finding.from_json, json.loads(read_file(uri, FINDINGS_FILE))))
