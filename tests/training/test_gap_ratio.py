import math

import pytest

from training.gap_ratio import GapRatioGuard, Verdict, gap_ratio
from training.options import GapRatioOptions


@pytest.mark.parametrize(
    ("train", "validation", "expected"), [(0.5, 0.75, 0.5), (2.0, 1.0, -0.5), (0.0, 0.0, 0.0), (0.0, 1.0, math.inf)]
)
def test_is_its_formula(train, validation, expected):
    assert gap_ratio(train, validation) == expected


@pytest.mark.parametrize(
    ("action", "verdict"), [("stop", Verdict.STOP), ("cut_learning_rate", Verdict.CUT_LEARNING_RATE)]
)
def test_warns_at_once_and_acts_after_its_own_patience(action, verdict):
    guard = GapRatioGuard(GapRatioOptions(warn=0.5, act=1.0, patience=2, action=action))
    seen = [guard.update(ratio) for ratio in (0.4, 0.6, 1.2, 0.9, 1.1, 1.3, 1.4)]
    fine, warn = Verdict.FINE, Verdict.WARN
    # The fall to 0.9 starts the count anew, and so does an action.
    assert seen == [fine, warn, warn, warn, warn, verdict, warn]


def test_goes_on_from_its_state():
    options = GapRatioOptions(patience=2)
    guard, again = GapRatioGuard(options), GapRatioGuard(options)
    guard.update(5.0)
    again.restore(guard.state())
    assert again.update(5.0) is Verdict.STOP


def test_bounds_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match=r"Received: warn=2\.0, act=1\.0"):
        GapRatioOptions(warn=2.0, act=1.0)
