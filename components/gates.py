"""What a gate finds, and how it refuses.

A gate whose artifact a person wants to read afterwards (Evaluator, EdgeEvaluator) records `NOT_BLESSED` and its
findings and succeeds as a step; the step after it refuses. TFX would otherwise throw the artifact away with the failed
step.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from etils import epath

from components.files import write_file

FINDINGS_FILE = "gates.json"
# The value of a figure that the gate has a limit for and that nobody computed.
NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure held against one limit.

    Attributes:
      gate: data, evaluation, compression or serving.
      figure: what was measured, such as `accuracy` or `examples in train`.
      where: the slice, variant or split; empty: overall.
      value: what was received.
      limit: what is allowed, such as `>= 0.95`.
      passed: whether the value is within the limit.
      applies: whether there was anything to hold to the limit; a limit that does not apply refuses nothing.
      advice: what to do where it refuses; empty: what the gate advises.
      variant: the converted file that it is of; empty where it is of no single one.
      stops: whether nothing ships where it did not pass; else only its variant does not.
    """

    gate: str
    figure: str
    where: str
    value: float | str
    limit: str
    passed: bool
    applies: bool = True
    advice: str = ""
    variant: str = ""
    stops: bool = True

    @property
    def refuses(self) -> bool:
        """Whether it ends the launch."""
        return not self.passed and self.stops

    def __str__(self) -> str:
        value = f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value)
        where = f" ({self.where})" if self.where else ""
        return f"{self.figure}{where} must be {self.limit}. Received: {value}."


class GateRefused(RuntimeError):
    """A gate refused; nothing after it runs and nothing is pushed."""

    title = "Gate refused"
    exit_code = 3

    def __init__(self, findings: Iterable[Finding], advice: str) -> None:
        self.findings = tuple(findings)
        self.advice = advice
        refusing = [finding for finding in self.findings if finding.refuses]
        self.gate = refusing[0].gate
        lines = "\n  ".join(str(finding) for finding in refusing)
        super().__init__(f"the {self.gate} gate.\n  {lines}\n  Nothing was pushed. {advice}")

    def __reduce__(self) -> tuple:
        return GateRefused, (self.findings, self.advice)


ADVICE = {
    "data": "Repair the data, or change data_gate or the task's schema where they ask for too much.",
    "evaluation": "Train a better model, or lower evaluate.gates where they ask for more than the problem allows.",
    "compression": "Choose or require another variant, or loosen compress.gates or compress.budgets.",
    "serving": "The exported file does not compute what was trained; see the run's log for the differences.",
}


def refuse_if_failed(findings: Iterable[Finding]) -> None:
    """Raises GateRefused when a finding refuses."""
    findings = tuple(findings)
    refusing = [finding for finding in findings if finding.refuses]
    if refusing:
        advice = dict.fromkeys(finding.advice or ADVICE[finding.gate] for finding in refusing)
        raise GateRefused(findings, " ".join(advice))


def write_findings(uri: str, findings: Iterable[Finding]) -> None:
    """Writes a gate's findings into its artifact's directory."""
    write_file(uri, FINDINGS_FILE, json.dumps([asdict(finding) for finding in findings], indent=1))


def read_findings(uri: str) -> tuple[Finding, ...]:
    """The findings in an artifact's directory; none where the artifact is no gate's."""
    path = epath.Path(uri) / FINDINGS_FILE
    return tuple(Finding(**finding) for finding in json.loads(path.read_text())) if path.exists() else ()
