import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from compression.changes.finetuning import finetune
from compression.changes.kernels import prunable_kernels
from compression.changes.pruning import Pruning, sparsity_at
from compression.layer_patterns import LayerPatternError
from compression.recipe import PruningOptions
from tests.training import small
from training.hooks import Hook
from training.objective import SupervisedObjective
from training.options import TrainOptions
from training.records import StepsRecord


def test_the_share_grows_as_published():
    options = PruningOptions(sparsity=0.8, begin=0.2, end=0.6)
    # Zhu and Gupta's equation 1: 0.8 (1 - (1 - t)^3), of which t = 1/2 is halfway between begin and end.
    expected = {0.0: 0.0, 0.2: 0.0, 0.4: 0.8 * (1 - 0.5**3), 0.6: 0.8, 1.0: 0.8}
    assert {at: sparsity_at(options, at) for at in expected} == pytest.approx(expected)
    constant = PruningOptions(sparsity=0.8, begin=0.2, schedule="constant")
    assert [sparsity_at(constant, at) for at in (0.1, 0.2, 0.5)] == [0.0, 0.8, 0.8]


@pytest.mark.parametrize(
    "options", [{"sparsity": 1.0}, {"structure": "2:4", "sparsity": 0.8}, {"begin": 0.7, "end": 0.6}, {"block": [0, 1]}]
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValidationError):
        PruningOptions(**options)


def _model() -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(16, activation="relu", name="hidden")(x)
    return keras.Model({"x": x}, {"y": keras.layers.Dense(1, name="head")(hidden)})


def test_patterns_leave_layers_out():
    assert set(prunable_kernels(_model(), ["he*"])) == {"hidden"}
    with pytest.raises(LayerPatternError, match=r"must fit the path of a layer .*hidden, head.* Received: 'tail'"):
        prunable_kernels(_model(), ["tail"])
    with pytest.raises(LayerPatternError, match="must be left to prune"):
        prunable_kernels(_model(), ["*"])


def _data() -> tf.data.Dataset:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    targets = (2 * x[:, :1] - x[:, 1:2]).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(({"x": x}, targets)).batch(16)


@pytest.mark.parametrize("kind", ["adam", "sgd", "lion"])
def test_zeros_stay_zero_while_the_rest_learns(kind):
    model = _model()
    objective = SupervisedObjective(
        loss=lambda targets, outputs: keras.ops.mean((outputs["y"] - targets) ** 2, axis=-1), metrics={}
    )
    options = TrainOptions(
        epochs=6, batch_size=16, learning_rate=0.01, optimizer={"kind": kind}, step={"steps_per_execution": 2}
    )
    pruning = Pruning(model, PruningOptions(sparsity=0.75, exclude=["head"]), total_steps=24)
    shares = []

    class Watch(Hook):
        """Runs after the pruning itself and sees what it left."""

        def on_steps(self, record) -> None:
            shares.append(float(np.mean(model.get_layer("hidden").kernel.numpy() == 0)))

    losses = finetune(
        model,
        objective,
        options,
        train=_data().repeat(),
        evaluation=_data(),
        steps_per_epoch=4,
        hooks=[pruning, Watch()],
    )
    pruning.finish()
    assert losses[-1]["loss"] < losses[0]["loss"]
    assert shares == sorted(shares)
    # From 60 % of the steps on the share is whole; optimizers with momentum would otherwise move zeros.
    assert shares[-4:] == [0.75] * 4
    assert np.mean(model.get_layer("hidden").kernel.numpy() == 0) == 0.75
    assert np.all(model.get_layer("head").kernel.numpy() != 0)
    assert model.get_layer("hidden").kernel.constraint is None


def test_a_return_to_an_earlier_state_takes_the_masks_back():
    model = small.model()
    pruning = Pruning(model, PruningOptions(sparsity=0.5), total_steps=10)
    loop = small.loop(model, hooks=[pruning])
    record = StepsRecord(step=10, means={}, learning_rate=0.1, examples_per_sec=1.0)
    before = loop.snapshots.take({})
    pruning.on_steps(record)
    pruned = [kernel.numpy() for kernel in prunable_kernels(model).values()]
    loop.snapshots.restore(before)
    for kernel in prunable_kernels(model).values():
        assert np.all(kernel.constraint(kernel).numpy() != 0)
    # And pruned again when it is time again.
    pruning.on_steps(record)
    for kernel, expected in zip(prunable_kernels(model).values(), pruned, strict=True):
        np.testing.assert_array_equal(kernel.numpy(), expected)
