import pickle

import pytest

from components.gates import GateRefused, refuse_if_failed
from records.findings import Finding


def _finding(**changes) -> Finding:
    values = {"gate": "evaluation", "metric": "accuracy", "where": "", "value": 0.5, "limit": ">= 0.9", "passed": False}
    return Finding(**{**values, **changes})


def test_the_message_names_gate_metric_value_and_limit():
    findings = [_finding(), _finding(metric="loss", value=2.0, limit="<= 1", where="label=3"), _finding(passed=True)]
    with pytest.raises(GateRefused) as refusal:
        refuse_if_failed(findings)
    assert str(refusal.value).splitlines()[:3] == [
        "the evaluation gate.",
        "  accuracy must be >= 0.9. Received: 0.5.",
        "  loss (label=3) must be <= 1. Received: 2.",
    ]
    assert "Nothing was pushed." in str(refusal.value)
    assert refusal.value.exit_code == 3
    assert refusal.value.findings == tuple(findings)


def test_what_passed_refuses_nothing():
    refuse_if_failed([_finding(passed=True)])
    refuse_if_failed([])


def test_a_refusal_survives_another_process():
    refusal = pickle.loads(pickle.dumps(GateRefused([_finding()], "Do better.")))
    assert isinstance(refusal, GateRefused)
    assert refusal.findings == (_finding(),)
    assert str(refusal) == str(GateRefused([_finding()], "Do better."))
