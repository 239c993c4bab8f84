# %% [markdown]
# # Optimization and deployment: from a network to a file that ships
#
# A network that is trained is not yet a network that ships. You take one through everything in between: fold, prune,
# quantize and convert it, check the file that comes out, and run the file in a small inference class with batching and
# monitoring. Each technique is written out in a few lines, and an assertion proves the project's own equal to it.
#
# *Time*: about two minutes on one core. *Seed*: 0; figures are of one seed and a few hundred images, so that
# differences of a point or two are noise, and the text says so where it matters. *Data*: 1,797 scans of digits that
# ship with scikit-learn; nothing to download. *You need*: Python, a first acquaintance with Keras, and to know what a
# convolution is ([guide 1](01_architectures.md)). *The project* is Slipway, pipelines on TensorFlow Extended, to which
# this page belongs; its packages are imported below after the libraries.
#
# The other guides: [1 architectures](01_architectures.md), [2 custom training](02_custom_training.md),
# [4 transformers for time series](04_time_series_transformers.md), [5 few-shot learning](05_few_shot_learning.md),
# [6 from a notebook to a pipeline](06_from_notebook_to_pipeline.md).

# %%
import asyncio
import gzip
import os
import queue
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
import yaml
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import ops
from sklearn.datasets import load_digits
from tensorflow.core.protobuf import meta_graph_pb2

from components.compressor.options import CompressConfig
from compression.changes.channel_pruning import prune_channels
from compression.changes.masks import masks
from compression.changes.pruning import sparsity_at as sparsity_of_project
from compression.choice import Budgets, Cost, choose
from compression.conversion.checks import check_weights
from compression.conversion.convert import ConversionError, export_for_conversion
from compression.conversion.convert import convert as convert_by_project
from compression.evaluation import confidence_interval
from compression.precisions import PRECISIONS
from compression.quantization_aware.fake_quantize import fake_quantize_kernel
from compression.recipe import ChannelPruningOptions, PruningOptions
from models.graph.folding import fold
from serving.latency_histogram import LatencyHistogram
from serving.server.batching import BatchingRunner
from serving.server.options import BatchingOptions
from serving.server.servable import Signature
from serving.tensor_info import TensorInfo
from serving.tflite import TFLiteModel
from training.losses import Distillation

QUICK = os.environ.get("GUIDE") == "quick"
SEED = 0
EPOCHS, FURTHER = (2, 1) if QUICK else (20, 8)
ROUNDS = 20 if QUICK else 300
BUDGET_BYTES = 20_000
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#7f7f7f"
plt.rcParams.update(
    {"figure.figsize": (7, 3.6), "figure.dpi": 100, "axes.spines.top": False, "axes.spines.right": False}
)
tf.get_logger().setLevel("ERROR")  # or each export says where it wrote
keras.utils.set_random_seed(SEED)

# %% [markdown]
# ## The problem
#
# A post office wants to read digits on hand scanners: one slow core each, updates over a metered connection. The budget
# is set before any work begins: **at most 20 kB to download, at most one point of accuracy lost** on held-out images,
# and among what is left the smallest download. The network that the research team hands over knows nothing of that.
#
# The data: 8×8 scans, 1,000 to train on, 300 to decide by, 497 to judge by at the very end, in the order of the file.

# %%
digits = load_digits()
images = (digits.images / 16).astype("float32")[..., None]
labels = digits.target.astype("int32")
train, held_out, test = slice(0, 1000), slice(1000, 1300), slice(1300, None)

figure, axes = plt.subplots(1, 10, figsize=(7, 1))
for axis, image, label in zip(axes, images[test], labels[test], strict=False):
    axis.imshow(image[..., 0], cmap="gray_r")
    axis.set(title=label, xticks=[], yticks=[])
plt.show()


# %% [markdown]
# The network is plain: four convolutions, each with batch normalization, then the mean over all pixels and one dense
# layer. `widths` and `is_folded` are there because compression will change exactly these two.


# %%
def network(widths=(32, 32, 64, 64), *, is_folded=False, convolution=keras.layers.Conv2D, dense=keras.layers.Dense):
    """From `image` `[batch, 8, 8, 1]` to `logits` `[batch, 10]`."""
    image = x = keras.Input((8, 8, 1), name="image")
    for filters, strides in zip(widths, (1, 1, 2, 1), strict=True):
        x = convolution(filters, 3, strides=strides, padding="same", use_bias=is_folded)(x)
        if not is_folded:
            x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model({"image": image}, {"logits": dense(10, name="logits")(x)})


def fit(model, *, epochs, rate, callbacks=()):
    steps = epochs * (1000 // 50)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)),
        loss={"logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
        jit_compile=False,  # compiling would take longer than these trainings
    )
    x, y = {"image": images[train]}, {"logits": labels[train]}
    model.fit(x, y, batch_size=50, epochs=epochs, verbose=0, callbacks=callbacks)
    return model


def accuracy(logits, part):
    return float(np.mean(np.argmax(logits, axis=-1) == labels[part]))


def accuracy_of(model, part=held_out):
    return accuracy(model({"image": images[part]}, training=False)["logits"], part)


start = time.perf_counter()
model = fit(network(), epochs=EPOCHS, rate=0.003)
print(f"trained in {time.perf_counter() - start:.0f} s: {model.count_params():,} parameters")
print(f"held-out accuracy {accuracy_of(model):.3f}, {4 * model.count_params() / 1000:.0f} kB of float32 weights")
if not QUICK:
    assert accuracy_of(model) > 0.95
assert model.count_params() == 66_218

# %% [markdown]
# That is thirteen times the budget. Where do the bytes go? Almost all of them are kernels of convolutions, and that is
# where to look for savings; a trick that shrinks biases or the dense layer could not help.

# %%
for layer in model.layers:
    if layer.weights:
        print(f"{layer.name:24} {layer.count_params():7,}  {layer.count_params() / model.count_params():6.1%}")

# %% [markdown]
# ## Folding: what costs nothing at all
#
# At inference batch normalization is one factor and one offset for each channel, and a convolution without activation
# is linear. Multiply the factor into the kernel, put the offset into a bias, and the layer is gone (Jacob et al. 2018,
# section 3.2). The outputs stay the same, only rounding differs.


# %%
def fold_by_hand(model):
    """[kernel, bias] of each convolution and of the dense layer, the normalizations multiplied in."""
    weights = []
    for layer, following in zip(model.layers, [*model.layers[1:], None], strict=True):
        if isinstance(layer, keras.layers.Conv2D):
            gamma, beta, mean, variance = following.get_weights()
            factor = gamma / np.sqrt(variance + following.epsilon)
            weights += [layer.get_weights()[0] * factor, beta - mean * factor]
        elif isinstance(layer, keras.layers.Dense):
            weights += layer.get_weights()
    return weights


folded = network(is_folded=True)
folded.set_weights(fold_by_hand(model))
plain, shorter = (net({"image": images[test]}, training=False)["logits"] for net in (model, folded))
np.testing.assert_allclose(plain, shorter, atol=2e-4)

for ours, theirs in zip(folded.get_weights(), fold(model).get_weights(), strict=True):
    np.testing.assert_allclose(ours, theirs, atol=1e-6)

# %% [markdown]
# ## Pruning
#
# ### Single weights
#
# *Magnitude pruning* sets the smallest weights to zero. One question has to be answered: smallest of what? Here of all
# kernels together, so that a layer with much to spare gives more than one without.


# %%
def magnitude_masks(kernels, sparsity):
    """1 for what stays, 0 for the smallest `sparsity` of all weights."""
    magnitudes = np.concatenate([np.abs(kernel).ravel() for kernel in kernels])
    kept = np.ones(len(magnitudes), "float32")
    kept[np.argsort(magnitudes, kind="stable")[: round(sparsity * len(magnitudes))]] = 0
    pieces = np.split(kept, np.cumsum([kernel.size for kernel in kernels])[:-1])
    return [piece.reshape(kernel.shape) for piece, kernel in zip(pieces, kernels, strict=True)]


kernels = {layer.name: layer.get_weights()[0] for layer in model.layers if hasattr(layer, "kernel")}
theirs = masks(kernels, PruningOptions(sparsity=0.8), 0.8)
for name, ours in zip(kernels, magnitude_masks(list(kernels.values()), 0.8), strict=True):
    np.testing.assert_array_equal(ours, theirs[name])
    print(f"{name:12} {1 - ours.mean():5.1%} zero")

# %% [markdown]
# Zeroed all at once, the network has no time to make up for what it lost. So the share grows while training goes on,
# fast at first and slowly at the end, along a cubic (Zhu and Gupta 2017, equation 1): $s_t = s\,(1 - (1 - t)^3)$, where
# $t$ goes from 0 to 1 while the share grows. Masks are made anew at each step, so that a weight that was cut too early
# may return. (The project keeps its masks once the share has stopped growing.)


# %%
def sparsity_at(progress, final, end=0.6):
    return final * (1 - (1 - min(progress / end, 1.0)) ** 3)


class Prune(keras.callbacks.Callback):
    """Zeroes the smallest weights after each step, of which the share grows over the first 60 % of the steps."""

    def __init__(self, final, steps):
        super().__init__()
        self.final, self.steps, self.step = final, steps, 0

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        kernels = [layer.kernel for layer in self.model.layers if hasattr(layer, "kernel")]
        values = [kernel.numpy() for kernel in kernels]
        for kernel, value, mask in zip(
            kernels, values, magnitude_masks(values, sparsity_at(self.step / self.steps, self.final)), strict=True
        ):
            kernel.assign(value * mask)


def copy_of(model, make=network, **changes):
    copy = make(**changes)
    copy.set_weights(model.get_weights())
    return copy


for progress in np.linspace(0, 1, 11):
    assert abs(sparsity_at(progress, 0.8) - sparsity_of_project(PruningOptions(sparsity=0.8), progress)) < 1e-9

# %% [markdown]
# ### Whole channels
#
# Zeros in a kernel are still multiplied. To get a *smaller computation*, whole channels have to go: a channel is the
# last axis of the kernel that makes it, a slice of each weight of its normalization, and the third axis of the kernel
# that reads it.
#
# ```mermaid
# flowchart LR
#   subgraph before
#     a["kernel 3×3×1×<b>32</b>"] --> b["normalization <b>32</b>"] --> c["kernel 3×3×<b>32</b>×32"]
#   end
#   subgraph after
#     d["kernel 3×3×1×<b>16</b>"] --> e["normalization <b>16</b>"] --> f["kernel 3×3×<b>16</b>×32"]
#   end
#   before -- "drop the 16 channels of least norm" --> after
# ```
#
# Which ones? Those whose *folded* kernel is smallest (Li et al. 2017): the kernel before folding says little, because
# the normalization may blow a small one up.


# %%
def without_channels(model, share):
    """A smaller network, not trained further: each convolution keeps its channels of largest norm."""
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    weights, read, widths = [], np.arange(1), []
    for convolution, normalization, kernel in zip(
        convolutions, normalizations, fold_by_hand(model)[:-2:2], strict=True
    ):
        norms = np.sqrt(np.mean(kernel.astype("float64") ** 2, axis=(0, 1, 2)))
        made = np.sort(np.argsort(norms, kind="stable")[len(norms) - round((1 - share) * len(norms)) :])
        weights += [convolution.get_weights()[0][:, :, read][..., made]]
        weights += [weight[made] for weight in normalization.get_weights()]
        read = made
        widths.append(len(made))
    kernel, bias = model.get_layer("logits").get_weights()
    smaller = network(widths)
    # Keras lists a model's weights layer by layer, as they were collected here.
    smaller.set_weights([*weights, kernel[read], bias])
    return smaller


half = without_channels(model, 0.5)
theirs = prune_channels(model, ChannelPruningOptions(share=0.5))
np.testing.assert_allclose(
    half({"image": images[test]})["logits"], theirs({"image": images[test]})["logits"], atol=1e-5
)
print(f"{model.count_params():,} parameters, after pruning half the channels {half.count_params():,}")

# %% [markdown]
# Half of the channels leave about a *quarter* of the weights, because a kernel shrinks on both sides.
#
# ### What each costs
#
# The same number of further epochs for all, at three strengths each; and single weights cut at once, to see what the
# further training is worth. The horizontal axis is the share of *weights* that are gone.

# %%
STRENGTHS = (0.8,) if QUICK else (0.5, 0.8, 0.95)
SHARES = (0.5,) if QUICK else (0.25, 0.5, 0.75)
steps = FURTHER * (1000 // 50)
at_once, sparse, narrow = {}, {}, {}
for strength in STRENGTHS:
    at_once[strength] = copy_of(model)
    for layer, mask in zip(
        [layer for layer in at_once[strength].layers if hasattr(layer, "kernel")],
        magnitude_masks(list(kernels.values()), strength),
        strict=True,
    ):
        layer.kernel.assign(layer.kernel * mask)
    sparse[strength] = fit(copy_of(model), epochs=FURTHER, rate=0.002, callbacks=[Prune(strength, steps)])
for share in SHARES:
    smaller = fit(without_channels(model, share), epochs=FURTHER, rate=0.002)
    narrow[1 - smaller.count_params() / model.count_params()] = smaller

pruned = np.concatenate([layer.kernel.numpy().ravel() for layer in sparse[0.8].layers if hasattr(layer, "kernel")])
assert abs(np.mean(pruned == 0) - 0.8) < 1e-4
assert all(net.count_params() < model.count_params() for net in narrow.values())

# %%
figure, axis = plt.subplots()
for name, nets, colour, mark in (
    ("single weights, cut at once", at_once, GREY, "o--"),
    ("single weights, trained further", sparse, BLUE, "o-"),
    ("whole channels, trained further", narrow, ORANGE, "s-"),
):
    axis.plot(
        [100 * share for share in nets], [accuracy_of(net) for net in nets.values()], mark, color=colour, label=name
    )
axis.axhline(accuracy_of(model), color="black", linewidth=0.8, label="the trained network")
axis.set(xlabel="weights that are gone, %", ylabel="held-out accuracy")
axis.legend()
plt.show()

for name, nets in (("at once", at_once), ("further", sparse), ("channels", narrow)):
    print(name, {f"{share:.2f}": round(accuracy_of(net), 3) for share, net in nets.items()})
if not QUICK:
    assert accuracy_of(sparse[0.8]) > accuracy_of(model) - 0.015
    assert accuracy_of(sparse[0.95]) > min(accuracy_of(net) for net in narrow.values())

# %% [markdown]
# Cut at once, four of five weights take the network down to guessing. Grown while training goes on, the same cut costs
# nothing that 300 images could show (asserted: less than 1.5 points), and even 95 % cost little. Whole channels are the
# rougher cut: at about the same share of weights the most severe one does worse.

# %% [markdown]
# ## Quantization
#
# ### One number
#
# An int8 tensor has 256 steps. A *scale* says how far two steps are apart, a *zero point* which step stands for 0.0:
# $x \approx s\,(q - z)$ (Jacob et al. 2018, equation 1). Zero is always exact, which padding and ReLU need.


# %%
def scale_and_zero_point(low, high):
    """For values from `low` to `high`; the range is widened where it does not hold zero."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    return scale, round(-128 - low / scale)


def quantize(values, scale, zero_point):
    return np.clip(np.rint(values / scale) + zero_point, -128, 127).astype("int8")


def dequantize(steps, scale, zero_point):
    return ((steps.astype("float32") - zero_point) * scale).astype("float32")


scale, zero_point = scale_and_zero_point(-1.0, 3.0)
info = TensorInfo(name="x", shape=(None,), dtype=np.dtype("int8"), scale=scale, zero_point=zero_point)
values = np.linspace(-2, 4, 1001, dtype="float32")
ours = quantize(values, scale, zero_point)
np.testing.assert_array_equal(ours, info.quantize(values))
np.testing.assert_array_equal(dequantize(ours, scale, zero_point), info.dequantize(ours))
assert dequantize(quantize(np.zeros(1), scale, zero_point), scale, zero_point) == 0

# %% [markdown]
# Within the range the error is at most half a step; beyond it values are cut off. Choosing the range is therefore a
# trade: wide loses resolution, narrow loses the tails.
#
# ### A kernel
#
# Kernels are symmetric (zero point 0) and get a scale *for each output channel*. Why a scale each? A ReLU lets a
# positive factor through: multiply a channel's kernel and bias by it, divide the next layer's kernel by it, and the
# network computes the very same. Folded normalizations do this to real networks. With one scale for all channels, the
# weights of a small one all round to zero. This is the same network twice:


# %%
def round_kernel(kernel, bits, *, per_channel=True):
    largest = np.abs(kernel).max(axis=(0, 1, 2) if per_channel else None)
    step = largest / (2 ** (bits - 1) - 1)
    return np.rint(kernel / step) * step


weights = folded.get_weights()
factors = np.geomspace(0.01, 100, weights[0].shape[-1]).astype("float32")
scaled = [weights[0] * factors, weights[1] * factors, weights[2] / factors[:, None], *weights[3:]]
stretched = network(is_folded=True)
stretched.set_weights(scaled)
assert abs(accuracy_of(stretched) - accuracy_of(folded)) < 0.005

by_scale = {}
for name, per_channel in (("one scale a channel", True), ("one scale for all", False)):
    stretched.set_weights([round_kernel(scaled[0], 8, per_channel=per_channel), *scaled[1:]])
    by_scale[name] = accuracy_of(stretched)
print({name: round(value, 3) for name, value in by_scale.items()})
if not QUICK:
    assert by_scale["one scale a channel"] > by_scale["one scale for all"] + 0.2

# %% [markdown]
# ### A whole layer in integers
#
# The point of int8 is that the *arithmetic* is in integers too: products of int8 are added up in int32, and one factor
# brings the sum to the output's scale. Here is the last layer of a real int8 file, by hand. First the file, by
# TensorFlow's own converter, in four *precisions*: `float32`; `float16`, with weights of 16 bits; `dynamic`, with int8
# weights and activations that are quantized while it runs, each by its own range; and `int8`, with int8 activations
# too, whose ranges calibration images tell beforehand.


# %%
def saved_model(model, directory):
    """A SavedModel whose batch size is 1: only static shapes are taken as a whole by XNNPACK, TFLite's fast kernels."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "predict",
        lambda image: model({"image": image}, training=False),
        input_signature=[tf.TensorSpec((1, 8, 8, 1), name="image")],
    )
    archive.write_out(directory, verbose=False)


def convert(model, precision="float32", calibration=images[train][:256]):
    """The bytes of a TFLite file."""
    with tempfile.TemporaryDirectory() as directory:
        saved_model(model, directory)
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, signature_keys=["predict"])
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if precision == "int8":
            converter.representative_dataset = lambda: ({"image": image[None]} for image in calibration)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        return converter.convert()


start = time.perf_counter()
files = {precision: convert(folded, precision) for precision in ("float32", "float16", "dynamic", "int8")}
print(f"{time.perf_counter() - start:.1f} s", {name: f"{len(content):,} bytes" for name, content in files.items()})

# %% [markdown]
# Now one image through the file, every tensor kept, and the dense layer once more by hand.

# %%
interpreter = Interpreter(
    model_content=files["int8"],
    experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,  # XNNPACK hides inner tensors.
    experimental_preserve_all_tensors=True,
)
interpreter.allocate_tensors()
[given], [taken] = interpreter.get_input_details(), interpreter.get_output_details()
interpreter.set_tensor(given["index"], quantize(images[test][:1], *given["quantization"]))
interpreter.invoke()
tensors = {tuple(int(size) for size in detail["shape"]): detail for detail in interpreter.get_tensor_details()}


def look(shape):
    detail = tensors[shape]
    return interpreter.get_tensor(detail["index"]).astype("int64"), detail["quantization_parameters"]


(pooled, pooled_range), (kernel, kernel_range), (bias, _) = look((1, 64)), look((10, 64)), look((10,))
sums = (pooled - pooled_range["zero_points"]) @ kernel.T + bias
output_scale, output_zero = taken["quantization"]
factor = pooled_range["scales"] * kernel_range["scales"] / output_scale
by_hand = np.clip(np.rint(sums * factor) + output_zero, -128, 127)
by_file = interpreter.get_tensor(taken["index"])
print("by hand ", by_hand[0].astype(int), "\nby TFLite", by_file[0])
assert np.abs(by_hand - by_file).max() <= 1

# %% [markdown]
# ### Quantization-aware training
#
# Rounding after training is enough for 8 bits. With very few it is not, and then the network has to be trained *with*
# the rounding. But rounding is a staircase, whose gradient is zero nearly everywhere. The way out is to lie to the
# optimizer: forward the rounded kernel, backward as if nothing had been rounded (the *straight-through estimator*,
# Bengio et al. 2013). `stop_gradient` says that in one line.


# %%
def straight_through(kernel, bits, axis):
    largest = ops.max(ops.abs(kernel), axis=axis)
    step = ops.stop_gradient(ops.maximum(largest, 1e-9)) / (2 ** (bits - 1) - 1)
    return kernel + ops.stop_gradient(ops.round(kernel / step) * step - kernel)


kernel = tf.constant(folded.get_weights()[2])
twice = straight_through(straight_through(kernel, 3, (0, 1, 2)), 8, (0, 1, 2))
np.testing.assert_allclose(twice, fake_quantize_kernel(kernel, bits=3, per_channel=True), atol=1e-5)
gradients = {}
for name, rounded in {
    "ours": lambda kernel: straight_through(kernel, 8, (0, 1, 2)),
    "project": lambda kernel: fake_quantize_kernel(kernel, bits=8, per_channel=True),
}.items():
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        total = tf.reduce_sum(rounded(kernel) ** 2)
    gradients[name] = tape.gradient(total, kernel).numpy()
# Not at a channel's largest weight: on the very border of the range TensorFlow's operation may pass no gradient.
inside = np.abs(kernel) < 0.999 * np.abs(kernel).max(axis=(0, 1, 2))
np.testing.assert_allclose(gradients["ours"][inside], gradients["project"][inside], atol=1e-5)
print("different values in one channel:", len(np.unique(np.round(twice[..., 0], 5))))

# %% [markdown]
# (The project rounds twice, to 3 bits and then to the 8 that the file has; so did we for the comparison.) Two layers
# that train so, and the experiment: 8 to 2 bits, rounded after training; after *further* training without rounding, so
# that nobody credits to the method what only the epochs did; and trained with the rounding.


# %%
class RoundedConv2D(keras.layers.Conv2D):
    bits = 8

    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, straight_through(ops.convert_to_tensor(kernel), self.bits, (0, 1, 2)))


class RoundedDense(keras.layers.Dense):
    bits = 8

    def call(self, inputs):
        return ops.matmul(inputs, straight_through(ops.convert_to_tensor(self.kernel), self.bits, None)) + self.bias


def rounded_network(bits):
    def with_bits(kind):
        return type(kind.__name__, (kind,), {"bits": bits})

    return network(is_folded=True, convolution=with_bits(RoundedConv2D), dense=with_bits(RoundedDense))


BITS = (2,) if QUICK else (8, 4, 3, 2)
further = fit(copy_of(folded, is_folded=True), epochs=FURTHER, rate=0.001)
by_bits = {"rounded after training": {}, "after further training": {}, "trained with rounding": {}}
aware = {}
for bits in BITS:
    for name, source in (("rounded after training", folded), ("after further training", further)):
        by_bits[name][bits] = accuracy_of(copy_of(source, lambda bits=bits: rounded_network(bits)))
    aware[bits] = fit(copy_of(folded, lambda bits=bits: rounded_network(bits)), epochs=FURTHER, rate=0.001)
    by_bits["trained with rounding"][bits] = accuracy_of(aware[bits])

figure, axis = plt.subplots()
for (name, values), colour, mark in zip(by_bits.items(), (GREY, ORANGE, BLUE), ("o--", "s--", "o-"), strict=True):
    axis.plot(list(values), list(values.values()), mark, color=colour, label=name)
axis.set(xlabel="bits of a weight", ylabel="held-out accuracy", xticks=BITS)
axis.invert_xaxis()
axis.legend()
plt.show()
for name, values in by_bits.items():
    print(f"{name:24}", {bits: round(value, 3) for bits, value in values.items()})
if not QUICK:
    assert all(values[3] > 0.95 for values in by_bits.values())
    assert by_bits["trained with rounding"][2] > by_bits["after further training"][2] + 0.3

# %% [markdown]
# Down to 3 bits this network hardly minds how it is rounded, and nobody needs the method. At 2 bits a channel has three
# values left, −1, 0 and 1 times its step: rounded after training the network is lost, trained with the rounding it
# loses two or three points. That is where the method earns its epochs.
# %% [markdown]
# ## Conversion and its validation
#
# ### What the converter must find, and what it must not do
#
# The project converts in a process of its own, because TensorFlow's converter may abort the whole process, and checks
# before and after: static shapes and finite weights going in; names, types and values coming out. Its float32 file
# computes what ours does; its int8 file comes from another quantizer (AI Edge Quantizer), so that single steps differ
# and answers hardly do.

# %%
folder = Path(tempfile.mkdtemp())
start = time.perf_counter()
export_for_conversion(folded, folder / "saved_model")
paths = {precision: folder / f"{precision}.tflite" for precision in ("float32", "int8")}
convert_by_project(folder / "saved_model", paths, representative_sample={"image": images[train][:256]})
print(f"{time.perf_counter() - start:.1f} s, of which most is the start of the process")


def write(content, name):
    path = folder / f"{name}.tflite"
    path.write_bytes(content)
    return path


def logits_of(path, part=held_out):
    return TFLiteModel(path).predict({"image": images[part]})["logits"]


reference = np.asarray(folded({"image": images[held_out]})["logits"])
for precision, path in paths.items():
    ours, theirs = logits_of(write(files[precision], f"our_{precision}")), logits_of(path)
    agreement = np.mean(ours.argmax(axis=1) == theirs.argmax(axis=1))
    print(
        f"{precision}: same answer for {agreement:.1%}, largest difference of a logit {np.abs(ours - theirs).max():.2g}"
    )
    if precision == "float32":
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    elif not QUICK:
        assert agreement > 0.98

# %% [markdown]
# A file that loads and answers may still be wrong. So the answers of *the file* are compared with those of *the model*,
# on real examples: the mean difference of a logit as a share of the logits' standard deviation. Rounding costs a
# hundredth here, a wrong file is off by about one. The limits are the project's, and the last lines show that a file of
# another network would not pass.


# %%
def relative_difference(found, expected):
    return float(np.mean(np.abs(found - expected)) / np.std(expected))


for precision, content in files.items():
    difference = relative_difference(logits_of(write(content, precision)), reference)
    limit = PRECISIONS[precision].max_relative_difference
    print(f"{precision:8} off by {difference:.5f}, allowed {limit}")
    assert difference < limit
other = np.asarray(fit(network(), epochs=1, rate=0.003)({"image": images[held_out]})["logits"])
assert relative_difference(other, reference) > PRECISIONS["int8"].max_relative_difference

# %% [markdown]
# ### An operation that TFLite lacks
#
# TFLite has kernels for some 160 operations; TensorFlow has more than a thousand. Softsign, $x / (1 + |x|)$, is one of
# those that are missing. The project's converter refuses and names operation and layer. There are three ways out: write
# it in operations that exist, link TensorFlow's own kernels in (the Flex delegate: megabytes on the device), or write a
# custom kernel in C++. The first is nearly always the right one, and here is one line.


# %%
def with_activation(activation):
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Conv2D(4, 3, padding="same")(image)
    x = keras.layers.Activation(activation, name="squashed")(x)
    return keras.Model({"image": image}, {"logits": keras.layers.GlobalAveragePooling2D()(x)})


def softsign_in_parts(x):
    return x / (1 + ops.abs(x))


np.testing.assert_allclose(
    softsign_in_parts(np.linspace(-3, 3, 7)), keras.activations.softsign(np.linspace(-3, 3, 7)), atol=1e-6
)
mended = with_activation(softsign_in_parts)
np.testing.assert_allclose(
    logits_of(write(convert(mended), "mended")), mended({"image": images[held_out]})["logits"], atol=1e-4
)

if not QUICK:
    export_for_conversion(with_activation("softsign"), folder / "refused")
    reason = "TFLite has a kernel for it by now: take another example"
    try:
        convert_by_project(folder / "refused", {"float32": folder / "refused.tflite"})
    except ConversionError as error:
        reason = str(error)
    print(reason)
    assert "Softsign" in reason

# %% [markdown]
# ## Inference: one class around a file
#
# A TFLite file is not yet something to call. The class below does what every caller would otherwise do by itself, and
# some would get wrong: it widens the graph to the batch, quantizes what comes in, dequantizes what goes out, and keeps
# two figures about each call: how long it took, and which share of the inputs was outside the range that the file can
# hold.


# %%
class Inference:
    """A TFLite file that answers batches of any size. Not to be shared by threads."""

    def __init__(self, content):
        self.interpreter = Interpreter(model_content=content, num_threads=1)
        self.interpreter.allocate_tensors()
        self.latencies_ms, self.clipped = [], []

    def predict(self, images):
        start = time.perf_counter()
        [given], [taken] = self.interpreter.get_input_details(), self.interpreter.get_output_details()
        if tuple(given["shape"]) != images.shape:
            self.interpreter.resize_tensor_input(given["index"], images.shape)
            self.interpreter.allocate_tensors()
        is_quantized = given["dtype"] == np.int8
        if is_quantized:
            low, high = dequantize(np.array([-128, 127]), *given["quantization"])
            self.clipped.append(np.mean((images < low - 1e-6) | (images > high + 1e-6)))
            images = quantize(images, *given["quantization"])
        self.interpreter.set_tensor(given["index"], images)
        self.interpreter.invoke()
        outputs = self.interpreter.get_tensor(taken["index"])
        self.latencies_ms.append(1000 * (time.perf_counter() - start))
        return dequantize(outputs, *taken["quantization"]) if is_quantized else outputs


for name in ("float32", "int8"):
    ours, theirs = Inference(files[name]), TFLiteModel(folder / f"{name}.tflite")
    for batch in (images[test][:1], images[test][:33]):
        np.testing.assert_array_equal(ours.predict(batch), theirs.predict({"image": batch})["logits"])

# %% [markdown]
# ### Batching
#
# Each call has a cost that does not depend on the batch: the fuller the batch, the less of it falls on one image.

# %%
SIZES = (1, 8, 32) if QUICK else (1, 2, 4, 8, 16, 32, 64, 128, 256)


def median_ms(calls, rounds):
    """Median milliseconds of each call. All are called once a round, so that what slows the machine slows all."""
    found = {name: [] for name in calls}
    for number in range(rounds + 5):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number >= 5:
                found[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in found.items()}


per_image_us = {}
for name in ("float32", "int8"):
    runners = {size: Inference(files[name]) for size in SIZES}
    calls = {size: lambda runner=runner, size=size: runner.predict(images[:size]) for size, runner in runners.items()}
    per_image_us[name] = {size: 1000 * ms / size for size, ms in median_ms(calls, max(5, ROUNDS // 6)).items()}

figure, axis = plt.subplots()
for (name, values), colour in zip(per_image_us.items(), (BLUE, ORANGE), strict=True):
    axis.loglog(list(values), list(values.values()), "o-", color=colour, label=name)
axis.set(xlabel="images in a batch", ylabel="time for one image, µs", ylim=(5, None))
axis.set_xticks(SIZES, SIZES, minor=False)
axis.legend()
plt.show()

# %% [markdown]
# (Small batches take longer here than in the table of variants below: each batch of 1 comes after one of 256, which has
# filled the processor's caches with its own data.)
#
# But users come one at a time. A *batcher* lets requests wait for each other, up to a limit, and sends them through the
# model together. One thread works, so that the interpreter is never shared.


# %%
class Batcher:
    """Gathers single examples until there are `size`, or the first one has waited `wait_secs`."""

    def __init__(self, predict, *, size=32, wait_secs=0.005):
        self.predict, self.size, self.wait_secs = predict, size, wait_secs
        self.waiting, self.sizes = queue.SimpleQueue(), []
        threading.Thread(target=self._work, daemon=True).start()

    def __call__(self, example):
        answer = Future()
        self.waiting.put((example, answer))
        return answer

    def _work(self):
        while True:
            batch = [self.waiting.get()]
            deadline = time.perf_counter() + self.wait_secs
            while len(batch) < self.size and (left := deadline - time.perf_counter()) > 0:
                try:
                    batch.append(self.waiting.get(timeout=left))
                except queue.Empty:
                    break
            self.sizes.append(len(batch))
            examples, answers = zip(*batch, strict=True)
            try:
                results = self.predict(np.stack(examples))
            except Exception as error:  # an answer for everybody, or they would wait for ever
                results = error
            for index, answer in enumerate(answers):
                if isinstance(results, Exception):
                    answer.set_exception(results)
                else:
                    answer.set_result(results[index])


alone = Inference(files["int8"]).predict(images[test][:100])
runner = Inference(files["int8"])
batcher = Batcher(runner.predict)
answers = [batcher(image) for image in images[test][:100]]
np.testing.assert_array_equal(alone, np.stack([answer.result(timeout=30) for answer in answers]))
print(f"100 requests in {len(batcher.sizes)} calls of {batcher.sizes} images")
assert max(batcher.sizes) <= 32
assert sum(batcher.sizes) == 100

# %% [markdown]
# The project's server does the same in an event loop (`serving.server.batching`), with a limit on what may wait and
# with each request of a failed batch tried once more alone. Its answers are the same:

# %%
signature = Signature(
    name="predict",
    inputs={"image": TensorInfo(name="image", shape=(None, 8, 8, 1), dtype=np.dtype("float32"))},
    outputs={"logits": TensorInfo(name="logits", shape=(None, 10), dtype=np.dtype("float32"))},
    definition=meta_graph_pb2.SignatureDef(),
    call=lambda inputs: {"logits": Inference(files["int8"]).predict(inputs["image"])},
)


async def ask_project():
    sizes = []
    with ThreadPoolExecutor(1) as executor:
        options = BatchingOptions(max_batch_size=32, batch_timeout_micros=5000)
        server = BatchingRunner(signature, executor, options, lambda rows, waiting: sizes.append(rows))
        found = await asyncio.gather(*(server.run({"image": image[None]}) for image in images[test][:100]))
    return np.concatenate([outputs["logits"] for outputs in found]), sizes


# In a thread of its own: a notebook has an event loop already.
with ThreadPoolExecutor(1) as executor:
    found, sizes = executor.submit(lambda: asyncio.run(ask_project())).result()
np.testing.assert_array_equal(alone, found)
print("the project's batches:", sizes)

# %% [markdown]
# ### Monitoring
#
# Means hide what hurts. What is watched is the *median*, which most users see, and the 99th percentile, which one call
# in a hundred exceeds. Percentiles cannot be averaged over machines or days; counts in buckets can be added. The
# project counts in an HDR histogram, whose buckets are at most a thousandth of their value wide:

# %%
watched = Inference(files["int8"])
for index in range(ROUNDS):
    watched.predict(images[test][index % 400][None])
histogram = LatencyHistogram()
for latency in watched.latencies_ms:
    histogram.record(latency / 1000)
for percent in (50, 99):
    ours = np.percentile(watched.latencies_ms, percent, method="inverted_cdf")
    np.testing.assert_allclose(ours, histogram.percentile_ms(percent), rtol=0.01)
    print(f"p{percent}: {ours:.3f} ms, the histogram says {histogram.percentile_ms(percent):.3f} ms")
assert np.mean(watched.clipped) == 0

# %% [markdown]
# ## Results: before and after
#
# Every variant as the file that would ship, judged by what that file itself answers for the 300 held-out images. An
# accuracy without an interval says little: with 300 images one point is three images. This is Wilson's interval, and
# the project's is the same.


# %%
def wilson(hits, count, z=1.959964):
    share = hits / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return middle - half, middle + half


np.testing.assert_allclose(wilson(291, 300), confidence_interval(np.arange(300) < 291), atol=1e-6)


def rounded_weights(model, bits):
    """The weights that an aware network computes with, for a plain one."""
    return [round_kernel(weight, bits) if weight.ndim == 4 else weight for weight in model.get_weights()]


def foldable(model, widths=(32, 32, 64, 64)):
    plain = network(widths, is_folded=True)
    plain.set_weights(fold_by_hand(model))
    return plain


halved = next(net for net in narrow.values() if net.layers[1].filters == 16)
two_bits = copy_of(aware[2], is_folded=True)
two_bits.set_weights(rounded_weights(aware[2], 2))
sources = {
    "80 % zero": foldable(sparse[0.8]),
    "half the channels": foldable(halved, (16, 16, 32, 32)),
    "2-bit weights": two_bits,
}
for name, source in sources.items():
    if name != "2-bit weights":
        files[name] = convert(source)
    files[f"{name}, int8"] = convert(source, "int8")

runners = {name: Inference(content) for name, content in files.items()}
one = median_ms({name: lambda run=run: run.predict(images[:1]) for name, run in runners.items()}, ROUNDS)
runners = {name: Inference(content) for name, content in files.items()}
many = median_ms({name: lambda run=run: run.predict(images[:32]) for name, run in runners.items()}, ROUNDS // 4)
table = {}
for name, content in files.items():
    hits = Inference(content).predict(images[held_out]).argmax(axis=1) == labels[held_out]
    table[name] = {
        "bytes": len(content),
        "gzip": len(gzip.compress(content)),
        "accuracy": float(hits.mean()),
        "interval": wilson(hits.sum(), len(hits)),
        "ms": one[name],
        "us32": 1000 * many[name] / 32,
    }

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.6), sharey=True)
names = list(table)
left.barh(names, [row["gzip"] / 1000 for row in table.values()], color=BLUE)
left.axvline(BUDGET_BYTES / 1000, color=RED, linestyle=":", label="budget")
left.set(xlabel="kilobytes to download (gzip)", xscale="log")
left.set_xticks([10, 20, 50, 100, 200], ["10", "20", "50", "100", "200"])
left.legend(fontsize=8)
for name, row in table.items():
    low, high = row["interval"]
    around = [[row["accuracy"] - low], [high - row["accuracy"]]]
    right.errorbar(row["accuracy"], name, xerr=around, fmt="o", color=BLUE, elinewidth=0.8)
right.axvline(table["float32"]["accuracy"] - 0.01, color=RED, linestyle=":")
right.set(xlabel="held-out accuracy, 95 % interval")
left.invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown]
# The dotted lines are the budget: 20 kB, and one point below float32. Two variants fit into the download, and one of
# them, the smallest download of all, loses two points by its 2-bit weights. Nearly all intervals overlap widely with
# that of float32: three hundred images do not *show* these variants to be worse, and the honest reading is that size
# decides here and accuracy hardly does. (The project compares image by image, which is
# sharper, and takes all variants that differ by no more than chance for equals.)
#
# ## Which to take

# %%
print(f"{'variant':24}{'bytes':>9}{'gzip':>9}{'accuracy':>10}{'batch 1, ms':>13}{'batch 32, µs/image':>20}")
for name, row in table.items():
    print(f"{name:24}{row['bytes']:9,}{row['gzip']:9,}{row['accuracy']:10.3f}{row['ms']:13.3f}{row['us32']:20.1f}")

# %% [markdown]
# Times are of the machine that made this page, Python around the file included: with one image that is half of it, and
# quantizing the input in NumPy eats what int8 saves. Full batches show the arithmetic. What the rows say, and what is
# asserted below:
#
# | technique | download | time | accuracy | take it when |
# |---|---|---|---|---|
# | folding | a little | a little | none | always; converters do it too |
# | float16 | half | none on a CPU | none | a GPU computes, or int8 is refused |
# | dynamic range | a quarter | less, on large layers | hardly | there is no calibration data |
# | int8 | a quarter | less, with integer kernels | a little | there are a few hundred real examples |
# | single weights | much, by gzip only | none | little up to 80 % | the download counts |
# | whole channels | by the square of the share | less, everywhere | some, earned back by training | the time counts |
# | fewer bits | more, by gzip only | none beyond int8 | little down to 3 bits, then train | int8 is too large |
#
# They multiply: pruning and int8 together save more than either.

# %%
size = {name: row["gzip"] for name, row in table.items()}
assert 1.9 < table["float32"]["bytes"] / table["float16"]["bytes"] < 2.1
assert 3.3 < table["float32"]["bytes"] / table["int8"]["bytes"] < 4.1
assert abs(table["80 % zero"]["bytes"] / table["float32"]["bytes"] - 1) < 0.02  # zeros are stored like any number
assert size["80 % zero"] < 0.4 * size["float32"]
assert size["80 % zero, int8"] < min(size["80 % zero"], size["int8"])
assert size["2-bit weights, int8"] < 0.5 * size["int8"]
if not QUICK:
    assert table["float32"]["us32"] / table["half the channels"]["us32"] > 1.5
    assert table["float32"]["us32"] / table["int8"]["us32"] > 1.3
    assert 0.6 < table["float32"]["us32"] / table["80 % zero"]["us32"] < 1.6
    assert all(row["accuracy"] > 0.93 for row in table.values())

# %% [markdown]
# Choosing is then a rule and not a matter of taste: what is over budget is out, and of the rest the best by what is
# preferred is in. The rule is the project's, too.

# %%
drops = {name: table["float32"]["accuracy"] - row["accuracy"] for name, row in table.items()}
within = [name for name in table if size[name] <= BUDGET_BYTES and drops[name] <= 0.01]
print("within the budget:", within)

costs = {name: Cost(bytes=size[name], latency_ms=row["ms"], metric_drop=drops[name]) for name, row in table.items()}
choice = choose(costs, Budgets(max_bytes=BUDGET_BYTES, max_metric_drop=0.01, prefer="bytes"))
print(choice.variant, "–", choice.reason)
if within:
    chosen = min(within, key=size.get)
    assert chosen == choice.variant
else:
    chosen = "int8"
    assert choice.variant is None
if not QUICK:
    assert chosen == "half the channels, int8"
    assert size["2-bit weights, int8"] < BUDGET_BYTES < size["80 % zero, int8"]

# %% [markdown]
# Only now the test images are looked at, once, for two files: what was handed over and what ships.

# %%
for name in ("float32", chosen):
    found = accuracy(Inference(files[name]).predict(images[test]), test)
    low, high = wilson(round(found * 497), 497)
    print(
        f"{name:24} test accuracy {found:.3f}, 95 % interval {low:.3f} to {high:.3f}; {size[name]:,} bytes to download"
    )
    if not QUICK:
        assert found > 0.92

# %% [markdown]
# Both do worse here than on the held-out images, alike: the end of the file is harder than its middle. It is one more
# reason for a split that took no part in any decision.

# %% [markdown]
# ## Pitfalls
#
# ### Calibration on what was at hand
#
# int8 learns the range of every activation from the calibration sample. Give it a sample that is not like the data,
# here scans of a scanner whose lamp is nearly out, and every larger activation is cut off. Nothing warns: conversion
# succeeds.

# %%
dim = convert(folded, "int8", calibration=images[train][:256] * 0.1)
accuracies = {
    "calibrated on dim scans": accuracy(Inference(dim).predict(images[held_out]), held_out),
    "calibrated on real scans": accuracy(Inference(files["int8"]).predict(images[held_out]), held_out),
}
print({name: round(value, 3) for name, value in accuracies.items()})
if not QUICK:
    assert accuracies["calibrated on dim scans"] < accuracies["calibrated on real scans"] - 0.05

# %% [markdown]
# *Mend*: calibrate on training examples as they go into the model, a few hundred; and compare the file with the model
# afterwards, as above. The share of clipped inputs gives it away in production, too:

# %%
runner = Inference(dim)
runner.predict(images[test])
print(f"{runner.clipped[0]:.0%} of the pixels are outside of what the file can hold")
assert runner.clipped[0] > 0.2

# %% [markdown]
# ### The client that knows better
#
# A file with int8 inputs takes steps from −128 to 127, and a client that casts its pixels from 0 to 1 to int8 sends
# only steps 0 and 1, two neighbouring greys. It runs, and answers the same for nearly everything.

# %%
runner = Inference(files["int8"])
runner.predict(images[held_out])
interpreter = runner.interpreter
[given], [taken] = interpreter.get_input_details(), interpreter.get_output_details()
interpreter.set_tensor(given["index"], images[held_out].astype("int8"))
interpreter.invoke()
cast = accuracy(interpreter.get_tensor(taken["index"]), held_out)
print(f"cast {cast:.3f}, quantized by scale and zero point {accuracies['calibrated on real scans']:.3f}")
assert cast < 0.4

# %% [markdown]
# *Mend*: one class that quantizes by what the file says, and nobody who talks to the interpreter except through it.
#
# ### A weight that is not a number
#
# One NaN in a kernel, as a training that diverged leaves it. The converter does not look. What comes out loads and
# runs, and a client who takes the largest of ten NaNs reads a 0 on every scan.

# %%
broken = copy_of(folded, is_folded=True)
weights = broken.get_weights()
weights[4][0, 0, 0, 0] = np.nan
broken.set_weights(weights)
print("the model:", np.asarray(broken({"image": images[:1]})["logits"])[0, :3])
try:
    answers = Inference(convert(broken, "int8")).predict(images[held_out])
    print(f"its int8 file: {answers[0, :3]}, accuracy {accuracy(answers, held_out):.3f}")
except (RuntimeError, ValueError) as error:
    print("this converter refuses:", str(error)[:80])

# %% [markdown]
# *Mend*: look before converting. The project's converter refuses, and names the variable.

# %%
saved_model(broken, str(folder / "broken"))
try:
    check_weights(folder / "broken")
except ConversionError as error:
    print(error)
else:
    raise AssertionError("a NaN was let through")

# %% [markdown]
# ### Zeros that save nothing, and cuts that cannot be trained back
#
# Two failures are in the pictures above already. 80 % of the weights set to zero change neither the length of the file
# nor the time: the zeros are stored and multiplied. *Mend*: compress the download, or take out whole channels. And the
# same share cut at once leaves a network that guesses. *Mend*: let the share grow while training goes on.

# %%
if not QUICK:
    assert accuracy_of(at_once[0.8]) < 0.6 < 0.95 < accuracy_of(sparse[0.8])

# %% [markdown]
# ## What it costs
#
# How one calls a model matters more than what was done to it. One image by `model.predict`, by the model as a function,
# by a traced function, and by the file; times are of the machine that made this page, the order is asserted. (The file
# takes longer than in the table above: each of its calls comes after the three others, which have filled the
# processor's caches.)

# %%
traced = tf.function(lambda image: folded({"image": image}, training=False)["logits"])
runner, single = Inference(files["float32"]), images[:1]
called = median_ms(
    {
        "model.predict": lambda: folded.predict({"image": single}, verbose=0),
        "model(...)": lambda: folded({"image": single}, training=False),
        "tf.function": lambda: traced(single),
        "TFLite file, float32": lambda: runner.predict(single),
    },
    max(5, ROUNDS // 30),
)
for name, ms in called.items():
    print(f"{name:24}{ms:9.3f} ms")
assert called["model.predict"] > called["tf.function"] > called["TFLite file, float32"]

# %% [markdown]
# ## The same in production
#
# All of this is the section `compress` of a Slipway config, the YAML file that describes a whole pipeline; the lines
# below are checked against the project's options when this page is made. Three steps of the pipeline do it: Compressor
# makes every variant, retrains those that need it, measures and chooses; EdgeEvaluator judges what each *file* answers;
# ServingCheck loads what would ship and compares it with the model. A file that misses a limit is left out.

# %%
COMPRESS = """
variants:
  - float32
  - int8
  - {name: sparse_int8, precision: int8, prune: {sparsity: 0.8}, epochs: 8, learning_rate: 0.002}
  - {name: half_int8, precision: int8, prune_channels: {share: 0.5}, epochs: 8, learning_rate: 0.002}
  - {name: two_bits, precision: int8, quantize_aware: {epochs: 8, learning_rate: 0.001, weight_bits: 2}}
budgets: {max_bytes: 80000, max_metric_drop: 0.01, prefer: bytes}
gates:
  accuracy: {min: 0.94, max_worsening: 0.02}
"""

config = CompressConfig.model_validate(yaml.safe_load(COMPRESS))
assert [getattr(variant, "name", variant) for variant in config.variants][-1] == "two_bits"

# %% [markdown]
# ```
# slipway run pipeline/configs/digits.yaml           # the whole pipeline, with a table of the variants at its end
# slipway sensitivity pipeline/configs/digits.yaml   # which layers mind pruning and rounding, and what to exclude
# slipway report                                     # variants, Pareto front and sparsity by layer as one HTML file
# slipway serve output/digits --variant int8 --max-batch-size 32 --batch-timeout-micros 5000
# ```
#
# `budgets.max_bytes` counts the file and not its gzip. [Compression](../compression.md) has every option,
# [serving](../serving.md) what the server does beyond the class above, and [deployment](../deployment.md) alerts on its
# latencies.
#
# ## Key takeaways
#
# - Set the budget first. "As small as possible" has no end, "at most 20 kB and one point" has.
# - Prune, then fold, then quantize; train further after each cut; judge the *file*.
# - Zeros save bytes after gzip and no time. Fewer channels save both. int8 saves bytes, and time where there are
#   kernels.
# - Rounding after training is enough for 8 bits, here for 3. With 2, train with it, and compare with as many epochs
#   without.
# - A kernel needs a scale for each channel, activations a sample like the real data.
# - Without an interval an accuracy says nothing about which variant is better.
# - An inference class quantizes by the file's own scale, and counts latencies and clipped inputs.
#
# ## Exercises
#
# 1. Within the range a value should change by at most half a step when it is quantized and dequantized. Test it on
#    10,000 random values, and say why rounding the zero point costs nothing on top.
# 2. *2:4 sparsity*: of every four neighbouring inputs of an output, keep the two weights of largest magnitude. Write
#    `two_of_four(kernel)` for a kernel `[inputs, outputs]`, as a mask of ones and zeros, and compare it with the
#    project's `masks`, with `PruningOptions(sparsity=0.5, structure="2:4")`.
# 3. Hinton's *distillation* teaches a small network by a large one's softened probabilities: divide both networks'
#    logits by a temperature, take softmax, and the loss is the divergence $\sum p \log (p / q)$ of the small one's $q$
#    from the large one's $p$, times the squared temperature. Write it for temperature 2, and compare it with
#    `Distillation(temperature=2.0).call(teacher, student)`, both logits `[batch, class]`.
# 4. Two servers: one answered 900 calls in 1 ms each, the other 100 calls in 50 ms each. What is the 90th percentile of
#    all calls, and what is the mean of the two servers' 90th percentiles?
#
# ## Solutions

# %%
# 1. The rounded zero point makes the step that is nearest to an end of the range the last one: half a step there, too.
scale, zero_point = scale_and_zero_point(-1.0, 3.0)
values = np.random.default_rng(0).uniform(-1, 3, 10_000)
error = np.abs(dequantize(quantize(values, scale, zero_point), scale, zero_point) - values)
assert 0.49 * scale < error.max() <= 0.5 * scale + 1e-6


# %%
# 2. The rank of each weight among its four.
def two_of_four(kernel):
    groups = np.abs(kernel).reshape(-1, 4, kernel.shape[-1])
    rank = np.argsort(np.argsort(-groups, axis=1, kind="stable"), axis=1, kind="stable")
    return (rank < 2).reshape(kernel.shape).astype("float32")


kernel = np.random.default_rng(0).normal(size=(64, 10)).astype("float32")
options = PruningOptions(sparsity=0.5, structure="2:4")
np.testing.assert_array_equal(two_of_four(kernel), masks({"dense": kernel}, options, 0.5)["dense"])
assert two_of_four(kernel).mean() == 0.5

# %%
# 3. The divergence of softened probabilities, times the squared temperature, which keeps its gradient's size.


def distillation(teacher, student, temperature=2.0):
    teacher, student = (tf.nn.log_softmax(logits / temperature) for logits in (teacher, student))
    return temperature**2 * tf.reduce_sum(tf.exp(teacher) * (teacher - student), axis=-1)


teacher, student = (tf.constant(np.random.default_rng(seed).normal(size=(5, 10)), tf.float32) for seed in (0, 1))
np.testing.assert_allclose(
    distillation(teacher, student), Distillation(temperature=2.0).call(teacher, student), rtol=1e-5
)

# %%
# 4. 900 of 1,000 calls took 1 ms, so that is their 90th percentile. The mean of percentiles, 25.5 ms, is of no call.
servers = [LatencyHistogram(), LatencyHistogram()]
for histogram, calls, secs in zip(servers, (900, 100), (0.001, 0.05), strict=True):
    for _ in range(calls):
        histogram.record(secs)
mean = np.mean([histogram.p90_ms for histogram in servers])
servers[0].merge(servers[1])
assert abs(servers[0].p90_ms - 1) < 0.01
assert abs(mean - 25.5) < 0.1

# %% [markdown]
# ## Further reading
#
# - Jacob et al. 2018, *Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference*
#   (arXiv 1712.05877): scale, zero point, folding, fake quantization.
# - Zhu and Gupta 2017, *To prune, or not to prune* (arXiv 1710.01878): the cubic schedule.
# - Li et al. 2017, *Pruning Filters for Efficient ConvNets* (arXiv 1608.08710): channels by their norm.
# - Bengio, Léonard and Courville 2013, *Estimating or Propagating Gradients Through Stochastic Neurons* (arXiv
#   1308.3432).
# - Nagel et al. 2019, *Data-Free Quantization Through Weight Equalization and Bias Correction* (arXiv 1906.04721): the
#   network that is the same twice, and what to do about it.
# - Han, Mao and Dally 2016, *Deep Compression* (arXiv 1510.00149): pruning, shared weights and coding together.
# - Hinton, Vinyals and Dean 2015, *Distilling the Knowledge in a Neural Network* (arXiv 1503.02531).
#
# Next: [a model that adapts to ten examples](05_few_shot_learning.md), or [the whole way of one
# model](06_from_notebook_to_pipeline.md).
