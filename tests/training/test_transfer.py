import keras
import numpy as np
import pytest

from training.transfer import TransferError, transfer_weights


def _model(*, hidden: int = 4, classes: int = 3, depth: int = 1, name: str = "logits") -> keras.Model:
    inputs = keras.Input((2,))
    x = inputs
    for _ in range(depth):
        x = keras.layers.BatchNormalization()(keras.layers.Dense(hidden)(x))
    return keras.Model(inputs, keras.layers.Dense(classes, name=name)(keras.layers.Dropout(0.1)(x)))


def test_takes_every_layer_in_order_whatever_its_name():
    model, source = _model(), _model()
    moved = transfer_weights(model, source)
    assert [type(model.get_layer(name)).__name__ for name in moved] == ["Dense", "BatchNormalization", "Dense"]
    for ours, theirs in zip(model.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_fresh_layers_keep_their_weights():
    model, source = _model(classes=5), _model(classes=3)
    head = model.get_layer("logits").get_weights()
    assert "logits" not in transfer_weights(model, source, fresh=["log*"])
    for before, after in zip(head, model.get_layer("logits").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(model.get_weights()[0], source.get_weights()[0])


@pytest.mark.parametrize(
    ("source", "fresh", "message"),
    [
        (_model(classes=3), (), r"Layer logits must have the shapes .*start\.fresh"),
        (_model(depth=2, classes=5), (), r"same layers\. Received: 5 layers with weights, where this one has 3"),
        (_model(classes=5), ("head",), r"fit a layer that has weights \(.*logits\)\. Received: 'head'"),
    ],
)
def test_what_does_not_fit_changes_nothing(source, fresh, message):
    model = _model(classes=5)
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(TransferError, match=message):
        transfer_weights(model, source, fresh=fresh)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
