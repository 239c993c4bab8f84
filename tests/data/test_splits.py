import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.splits import Splits


def test_shares_must_add_up_to_one():
    with pytest.raises(ValidationError, match=r"must add up to 1\. Received: 1\.1"):
        Splits(train=0.8, eval=0.2, test=0.1)


def test_shares_come_out_as_asked():
    splits = Splits(train=0.6, eval=0.3, test=0.1)
    dealt = [splits.of(str(index)) for index in range(10_000)]
    # Three standard deviations of a binomial share over 10,000 draws are 0.015 at the most.
    assert dealt.count("train") / 10_000 == pytest.approx(0.6, abs=0.015)
    assert dealt.count("eval") / 10_000 == pytest.approx(0.3, abs=0.015)


@given(st.text(), st.integers())
def test_an_example_keeps_its_split(key, seed):
    assert Splits(seed=seed).of(key) == Splits(seed=seed).of(key)


def test_another_seed_deals_anew():
    keys = [str(index) for index in range(200)]
    assert [Splits(seed=1).of(key) for key in keys] != [Splits(seed=2).of(key) for key in keys]
