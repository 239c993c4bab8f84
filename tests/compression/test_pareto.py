from hypothesis import given
from hypothesis import strategies as st

from compression.pareto import pareto_front

FIGURES = st.dictionaries(st.text(min_size=1), st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1)


def test_by_hand():
    choices = {"cheap": (1, 9), "good": (9, 1), "middle": (5, 5), "beaten": (5, 6), "twin": (5, 5), "worst": (9, 9)}
    assert pareto_front(choices) == ["cheap", "good", "middle", "twin"]


@given(FIGURES)
def test_what_is_off_the_front_is_beaten_by_something_on_it(choices):
    front = pareto_front(choices)
    assert front
    for name, (a, b) in choices.items():
        beaten = [(c, d) for c, d in (choices[other] for other in front) if c <= a and d <= b and (c, d) != (a, b)]
        assert bool(beaten) == (name not in front)
