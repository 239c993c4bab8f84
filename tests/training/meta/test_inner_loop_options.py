"""Options of saved learners."""

from typing import Literal

import pytest

from training.meta.inner_loop_options import InnerLoopOptions
from training.meta.learners.cavia import CAVIAOptions


class OwnOptions(CAVIAOptions):
    """A kind of its own, made from a shipped one."""

    kind: Literal["own_cavia"]


class TunedOptions(CAVIAOptions):
    """The same kind as the shipped one, which saved models mean by it."""

    context: int = 7


@pytest.mark.parametrize(("kind", "expected"), [("cavia", CAVIAOptions), ("own_cavia", OwnOptions)])
def test_a_kind_leads_to_the_class_that_declares_it(kind, expected):
    options = InnerLoopOptions.of_saved({"kind": kind, "context": 3})
    assert type(options) is expected
    assert options.context_size == 3


def test_an_unknown_kind_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"Received: nobodys\. Import the module that defines its options"):
        InnerLoopOptions.of_saved({"kind": "nobodys"})
