import numpy as np
import pytest

from models.forecasters.forecaster import ForecastShape
from models.forecasters.linear import nlinear
from models.graph.attention_maps import AttentionMap, attention_maps, rollout
from tests.models.forecasters import small


def test_every_layer_and_head_is_seen():
    model = small.options("one_shot").build(small.WITH_CALENDAR)
    maps = attention_maps(model, small.inputs(model, size=1))
    # 48 / 4 tokens of the past, of which a decoder starts with half, 12 / 4 of the future; two channels, two heads.
    assert {found.layer: found.weights.shape for found in maps} == {
        "encoder_0_self_attention": (2, 2, 12, 12),
        "encoder_1_self_attention": (2, 2, 12, 12),
        "decoder_0_self_attention": (2, 2, 9, 9),
        "decoder_0_cross_attention": (2, 2, 9, 12),
    }
    assert [found.is_self for found in maps] == [True, True, True, False]
    for found in maps:
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-5)


def test_a_decoders_own_tokens_are_causal():
    model = small.options("one_shot").build(small.WITH_CALENDAR)
    [causal] = [m for m in attention_maps(model, small.inputs(model, size=1)) if m.layer == "decoder_0_self_attention"]
    assert np.triu(causal.weights, 1).max() == 0


def test_a_model_without_attention_has_no_maps():
    model = nlinear(ForecastShape(lookback=8, horizon=2, channels=1))
    assert attention_maps(model, small.inputs(model, size=1)) == []


def _map(weights, is_self=True) -> AttentionMap:
    return AttentionMap(layer="layer", weights=np.asarray(weights, float)[None, None], is_self=is_self)


def test_rollout_by_hand():
    """Two layers that swap two tokens: a half stays in each, so that half comes back to where it was."""
    swap = _map([[0, 1], [1, 0]])
    np.testing.assert_allclose(rollout([swap]), [[[0.5, 0.5], [0.5, 0.5]]])
    first = _map([[1, 0], [1, 0]])
    np.testing.assert_allclose(rollout([first, swap]), [[[0.75, 0.25], [0.75, 0.25]]])


def test_rollout_takes_no_attention_over_another_sequence():
    with pytest.raises(ValueError, match="layers of self-attention"):
        rollout([_map([[1.0]], is_self=False)])
