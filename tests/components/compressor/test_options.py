"""Options of `compress` that depend on what is installed."""

import pytest
from pydantic import ValidationError

from components.compressor.options import CompressConfig


@pytest.mark.parametrize("has_flex_delegate", [True, False])
def test_select_ops_are_refused_where_nothing_could_judge_the_files(has_flex_delegate, monkeypatch):
    monkeypatch.setattr("components.compressor.options.has_flex_delegate", lambda: has_flex_delegate)
    if has_flex_delegate:
        assert CompressConfig(select_ops=("tf.Qr",)).select_ops == ("tf.Qr",)
    else:
        with pytest.raises(
            ValidationError, match=r"need the Flex delegate.* Received: tf\.Qr\. .*SLIPWAY_STACK=tfx-1\.16"
        ):
            CompressConfig(select_ops=("tf.Qr",))


def test_without_select_ops_the_delegate_is_not_asked_for(monkeypatch):
    monkeypatch.setattr("components.compressor.options.has_flex_delegate", lambda: False)
    assert CompressConfig().select_ops == ()
