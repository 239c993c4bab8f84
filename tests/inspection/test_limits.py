import pytest

from inspection.limits import bounds, count_limits, verdict
from records.findings import Finding


def _finding(**verdict: bool) -> Finding:
    return Finding(gate="data", metric="examples", where="", value=3, limit=">= 3", **verdict)


KEPT, MISSED = _finding(passed=True), _finding(passed=False)
OTHER = _finding(passed=True, applies=False)
LEFT_OUT = _finding(passed=False, stops=False)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [(KEPT, "kept"), (MISSED, "missed"), (OTHER, "not applicable"), (LEFT_OUT, "left out")],
)
def test_what_does_not_apply_was_neither_kept_nor_missed(finding, expected):
    assert verdict(finding) == expected


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([KEPT, MISSED, KEPT], "2 of 3 limits kept"),
        ([KEPT, MISSED, OTHER], "1 of 2 limits kept, 1 not applicable"),
        ([KEPT, LEFT_OUT, OTHER], "1 of 2 limits kept, 1 missed by variants left out, 1 not applicable"),
        ([OTHER], "0 of 0 limits kept, 1 not applicable"),
    ],
)
def test_only_limits_that_applied_are_counted(findings, words):
    assert count_limits(findings) == words


@pytest.mark.parametrize(
    ("limit", "numbers"), [(">= 0.6 and <= 0.98", [0.6, 0.98]), ("<= 1e-05", [1e-05]), (">= -0.02", [-0.02])]
)
def test_a_limit_may_have_two_bounds(limit, numbers):
    assert bounds(limit) == numbers
