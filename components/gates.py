"""How a gate refuses.

A gate whose artifact a person wants to read afterwards (Evaluator, EdgeEvaluator) records `NOT_BLESSED` and its
findings and succeeds as a step; the step after it refuses. TFX would otherwise throw the artifact away with the failed
step.
"""

from collections.abc import Iterable

from records.findings import Finding


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
