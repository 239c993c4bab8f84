"""The models of `benchmarks.compression`: each network on Fashion-MNIST as it was trained, and what is made of it.

`python -m benchmarks.compression_models` makes all that are not made yet, for hours on two cores.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from benchmarks import fashion_mnist_training as fashion_mnist
from compression.changes.channel_pruning import prune_channels
from compression.changes.distillation import DistillationObjective
from compression.changes.finetuning import finetune
from compression.changes.pruning import Pruning
from compression.quantization_aware.model import for_conversion, quantization_aware
from compression.recipe import ChannelPruningOptions, PruningOptions, QuantizationAwareOptions
from models.loading import load_model
from training.hooks import Hook
from training.losses import Distillation
from training.options import OptimizerOptions, ScheduleOptions, TrainOptions

OUTPUT = Path("output") / "benchmarks" / "compression"
NETWORKS = ("small", "mobilenet")
SEEDS = (0, 1, 2)
CALIBRATION_EXAMPLES = 512

SPARSITY = PruningOptions(sparsity=0.8)
HALF = ChannelPruningOptions(share=0.5)
QAT = QuantizationAwareOptions(epochs=1, learning_rate=5e-5)
SPARSE_QAT = QuantizationAwareOptions(epochs=3, learning_rate=3e-4, weight_bits=3)
# Epochs and the learning rate that they begin with. An epoch of MobileNet's takes twice as long.
SPARSE_TRAINING = {"small": (12, 2e-3), "mobilenet": (8, 2e-3)}
HALF_TRAINING = {"small": (16, 3e-3), "mobilenet": (12, 3e-3)}
STUDENT_TRAINING = (5, 4e-3)

logger = logging.getLogger(__name__)


def load_or_make(name: str, make: Callable[[], keras.Model]) -> keras.Model:
    """The model of this name, made unless it was."""
    path = OUTPUT / f"{name}.keras"
    if not path.exists():
        logger.warning("making %s", name)
        model = make()
        OUTPUT.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"partial-{path.name}")
        model.save(partial)
        partial.replace(path)
    return load_model(path)


def base(network: str) -> keras.Model:
    """As it was trained."""
    return fashion_mnist.load_or_train(network)


def qat(network: str) -> keras.Model:
    """Trained on with int8 in view, ready for conversion."""
    return load_or_make(f"{network}_qat", lambda: _quantization_aware(base(network), QAT, teacher=base(network)))


def sparse(network: str) -> keras.Model:
    """Four of five weights are zero."""
    return load_or_make(f"{network}_sparse", lambda: _sparse(network))


def sparse_qat(network: str) -> keras.Model:
    """The sparse one, trained on with int8 in view, ready for conversion."""
    return load_or_make(
        f"{network}_sparse_qat",
        lambda: _quantization_aware(sparse(network), SPARSE_QAT, teacher=base(network)),
    )


def half(network: str) -> keras.Model:
    """Without half of the channels of every block."""
    return load_or_make(f"{network}_half", lambda: _half(network))


def student(seed: int, *, taught: bool) -> keras.Model:
    """About a quarter of the parameters of "small", trained alone or taught by it; otherwise alike."""
    name = f"student_{'taught' if taught else 'alone'}_{seed}"
    return load_or_make(name, lambda: _student(seed, teacher=base("small") if taught else None))


def _sparse(network: str) -> keras.Model:
    model = base(network)
    epochs, learning_rate = SPARSE_TRAINING[network]
    trained = _with_policy(model, "mixed_bfloat16")
    pruning = Pruning(trained, SPARSITY, total_steps=epochs * fashion_mnist.steps_per_epoch())
    _train(trained, epochs, learning_rate, teacher=model, hooks=[pruning])
    pruning.finish()
    return _with_policy(trained, "float32")


def _half(network: str) -> keras.Model:
    model = base(network)
    trained = _with_policy(prune_channels(model, HALF), "mixed_bfloat16")
    _train(trained, *HALF_TRAINING[network], teacher=model)
    return _with_policy(trained, "float32")


def _quantization_aware(model: keras.Model, options: QuantizationAwareOptions, *, teacher: keras.Model) -> keras.Model:
    sample = {"image": fashion_mnist.images("train")[0][:CALIBRATION_EXAMPLES]}
    trained = quantization_aware(model, options, sample)
    _train(trained, options.epochs, options.learning_rate, teacher=teacher)
    return for_conversion(trained)


def _student(seed: int, *, teacher: keras.Model | None) -> keras.Model:
    trained = fashion_mnist.network("student", "mixed_bfloat16", seed=seed)
    _train(trained, *STUDENT_TRAINING, teacher=teacher)
    return _with_policy(trained, "float32")


def _train(
    model: keras.Model, epochs: int, learning_rate: float, *, teacher: keras.Model | None, hooks: Sequence[Hook] = ()
) -> None:
    objective = fashion_mnist.objective()
    if teacher is not None:
        loss = Distillation(temperature=2.0)
        objective = DistillationObjective(
            objective,
            teacher=_with_policy(teacher, "mixed_bfloat16"),
            loss=lambda theirs, ours: loss(theirs["logits"], ours["logits"]),
            weight=0.7,
        )
    options = TrainOptions(
        batch_size=fashion_mnist.BATCH,
        epochs=epochs,
        learning_rate=learning_rate,
        schedule=ScheduleOptions(kind="cosine", warmup_epochs=0),
        optimizer=OptimizerOptions(weight_decay=fashion_mnist.WEIGHT_DECAY),
    )
    records = finetune(
        model,
        objective,
        options,
        train=fashion_mnist.batches("train"),
        evaluation=fashion_mnist.batches("validation"),
        steps_per_epoch=fashion_mnist.steps_per_epoch(),
        hooks=hooks,
    )
    for record in records:
        logger.warning("%s", record)


def _with_policy(model: keras.Model, policy: str) -> keras.Model:
    """A copy that computes in another precision, the logits in float32."""

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name != "logits" and "dtype" in config and not isinstance(layer, keras.layers.InputLayer):
            config["dtype"] = policy
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def make_all() -> None:
    """Everything that the benchmark judges."""
    for network in NETWORKS:
        for make in (base, sparse, half, qat, sparse_qat):
            make(network)
    for seed in SEEDS:
        for taught in (False, True):
            student(seed, taught=taught)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s")
    make_all()
