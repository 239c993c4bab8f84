import pytest
import scipy.stats

from inspection.significance import is_higher_better, is_share, two_shares, wilson


def test_wilson_by_the_textbook():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, by the score method.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_two_shares_is_the_chi_squared_test_without_correction():
    table = [[340, 20], [325, 35]]
    expected = scipy.stats.chi2_contingency(table, correction=False).pvalue
    assert two_shares(340 / 360, 360, 325 / 360, 360) == pytest.approx(expected)


def test_shares_without_spread_do_not_differ():
    assert two_shares(1.0, 10, 1.0, 10) == 1.0


@pytest.mark.parametrize(
    ("metric", "higher", "share"),
    [("accuracy", True, True), ("loss", False, False), ("mae", False, False), ("balanced_accuracy", True, False)],
)
def test_a_metrics_name_tells_its_direction(metric, higher, share):
    assert (is_higher_better(metric), is_share(metric)) == (higher, share)
