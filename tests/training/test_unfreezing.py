import numpy as np
import pytest

from tests.training import small
from training.options import UnfreezeStage
from training.unfreezing import Unfreezing

STAGES = [UnfreezeStage(epoch=1, train=("y",)), UnfreezeStage(epoch=2, train=("*",))]


def test_layers_move_from_their_epoch_on():
    model = small.model(normalized=True)
    at_epochs = []

    class Collect(small.Hook):
        def on_epoch(self, record):
            at_epochs.append({layer.name: layer.get_weights() for layer in model.layers if layer.weights})

    start = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    small.train(small.loop(model, unfreezing=Unfreezing(model, STAGES), hooks=[Collect()]))

    def moved(before: dict, after: dict) -> set[str]:
        return {
            name
            for name in before
            if any(not np.array_equal(a, b) for a, b in zip(before[name], after[name], strict=True))
        }

    # A frozen normalization keeps its statistics too.
    assert moved(start, at_epochs[0]) == {"y"}
    assert moved(at_epochs[0], at_epochs[1]) == {"hidden", "norm", "y"}
    assert len(model.trainable_variables) == 6


def test_a_pattern_of_no_layer_is_refused():
    with pytest.raises(ValueError, match=r"fit a layer's path \(x, hidden, .*Received: 'stem'"):
        Unfreezing(small.model(), [UnfreezeStage(epoch=1, train=("stem",))])


def test_epochs_out_of_order_are_refused():
    with pytest.raises(ValueError, match=r"must rise\. Received: \[2, 1\]"):
        Unfreezing(small.model(), STAGES[::-1])
