# %% [markdown]
# # Architectures: which block, and how to know
#
# You build the blocks of today's small image networks by hand, prove each equal to the layer that a library gives
# you, and then find out by measurement what each of them buys: accuracy over seeds, bytes, operations, milliseconds.
# You also learn to look inside a network that does not train.
#
# *Time*: about two minutes on one core. *Seed*: 0, and 1 and 2 where spread matters. *Data*: 1,797 scans of digits
# that ship with scikit-learn; nothing to download. *You need*: Python, a first acquaintance with Keras, and to know
# what a gradient is. *The project* is Slipway, pipelines on TensorFlow Extended, to which this page belongs; what you
# build is compared with the blocks in its package `models`.
#
# The other guides: [2 custom training](02_custom_training.md),
# [3 optimization and deployment](03_optimization_and_deployment.md),
# [4 transformers for time series](04_time_series_transformers.md), [5 few-shot learning](05_few_shot_learning.md),
# [6 from a notebook to a pipeline](06_from_notebook_to_pipeline.md).

# %%
import os
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import sklearn.datasets
import tensorflow as tf

from models.classifiers.resnet_options import ResNetOptions
from models.graph.folding import fold
from models.graph.profile import profile
from models.layers.activations import LearnableSwish
from models.layers.channel_scale import ChannelScale
from models.layers.convolution import Style, convolve, convolve_separable
from models.layers.dilated import dilated_block
from models.layers.initializers import DeltaOrthogonal
from models.layers.residual import residual_block
from models.layers.squeeze_excitation import squeeze_excite

QUICK = os.environ.get("GUIDE") == "quick"
SEED = 0
SEEDS = (0,) if QUICK else (0, 1, 2)
EPOCHS = 1 if QUICK else 15
BLUE, ORANGE, GREEN, PINK, RED = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00"
plt.rcParams.update(
    {"figure.figsize": (7, 2.8), "figure.dpi": 90, "axes.spines.top": False, "axes.spines.right": False}
)
keras.utils.set_random_seed(SEED)

# %% [markdown]
# ## The problem
#
# A device reads meters. It takes scans of 8×8 pixels, it has kilobytes where a phone has gigabytes, and somebody
# labelled 400 scans by hand before losing patience. Which network reads the rest best, and what does a point of
# accuracy cost?
#
# Four hundred scans train, the other 1,397 test. Nothing below is chosen by looking at the test scans; where two
# networks are compared, both were fixed before.

# %%
digits = sklearn.datasets.load_digits()
scans = (digits.images / 16).astype("float32")[..., np.newaxis]
order = np.random.default_rng(SEED).permutation(len(scans))
train, test = order[:400], order[400:]
figure, axes = plt.subplots(2, 10, figsize=(7, 1.7))
for digit, column in enumerate(axes.T):
    for axis, index in zip(column, [i for i in train if digits.target[i] == digit][:2], strict=True):
        axis.imshow(scans[index, ..., 0], cmap="gray_r")
        axis.axis("off")
plt.show()

# %% [markdown]
# Before any architecture, a number to beat: a linear classifier, which sees 64 pixels and no picture.


# %%
def train_on_digits(model, *, seed=SEED, epochs=EPOCHS, optimizer=None):
    """Trains with the seed's order of scans; returns the history and the accuracy on the test scans."""
    keras.utils.set_random_seed(seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not model.compiled:
        model.compile(optimizer or keras.optimizers.Adam(4e-3), loss, metrics=["accuracy"])
    history = model.fit(scans[train], digits.target[train], batch_size=50, epochs=epochs, verbose=0)
    accuracy = np.mean(model(scans[test]).numpy().argmax(-1) == digits.target[test])
    return history.history, float(accuracy)


linear = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
_, linear_accuracy = train_on_digits(linear, epochs=2 * EPOCHS)
print(f"linear: {linear_accuracy:.3f} with {linear.count_params()} parameters")
assert linear.count_params() == 64 * 10 + 10
if not QUICK:
    assert 0.88 < linear_accuracy < 0.96

# %% [markdown]
# ## A convolution is nine matrix products
#
# A 3×3 convolution shifts the image nine times, multiplies each shifted copy by a small matrix that mixes the
# channels, and adds up. That is all, and it is a loop of two lines. A **dilated** convolution shifts further, a
# **depthwise** one multiplies each channel by one number instead of mixing channels by a matrix. A **separable** one
# is a depthwise one and then a 1×1 convolution, which mixes the channels. How far an output sees, its **receptive
# field**, follows from the shifts: three pixels across for one 3×3 convolution, and each further one adds twice the
# distance between two neighbours of its input, measured in pixels of the image.


# %%
def shifts(x, dilation=1):
    """The image `[batch, height, width, channel]` as each of the nine taps of a 3×3 kernel sees it."""
    padded = np.pad(x, ((0, 0), (dilation, dilation), (dilation, dilation), (0, 0)))
    height, width = x.shape[1:3]
    for i in range(3):
        for j in range(3):
            top, left = i * dilation, j * dilation
            yield (i, j), padded[:, top : top + height, left : left + width]


def convolution(x, kernel, dilation=1):
    """Mixes channels: the kernel is `[3, 3, channel, filter]`."""
    return sum(shifted @ kernel[tap] for tap, shifted in shifts(x, dilation))


def depthwise(x, kernel):
    """Leaves channels apart: the kernel is `[3, 3, channel]`."""
    return sum(shifted * kernel[tap] for tap, shifted in shifts(x))


def separable(x, depthwise_kernel, pointwise_kernel):
    """First space, channel by channel; then channels, pixel by pixel."""
    return depthwise(x, depthwise_kernel) @ pointwise_kernel


# %% [markdown]
# Are they right? The project's own blocks are Keras layers, put together as the papers describe. They take the same
# weights and must give the same numbers. (`Style` holds what all convolutions of a network have in common: activation,
# initializer, regularization. `Style()` is ReLU, He's initializer, explained below, and no regularization.)

# %%
image = keras.Input((8, 8, 4))
x = np.random.default_rng(SEED).normal(size=(2, 8, 8, 4)).astype("float32")
for dilation in (1, 2, 3):
    theirs = keras.Model(image, convolve(image, Style(), filters=6, dilation=dilation))
    np.testing.assert_allclose(convolution(x, theirs.get_weights()[0], dilation), theirs(x), atol=1e-5)
theirs = keras.Model(image, convolve_separable(image, Style(), filters=6))
spatial, mixing = theirs.get_weights()
np.testing.assert_allclose(separable(x, spatial[..., 0], mixing[0, 0]), theirs(x), atol=1e-5)
print("kernels:", spatial.shape, mixing.shape, "against", (3, 3, 4, 6))

# %% [markdown]
# ```mermaid
# flowchart LR
#   a["C channels"] --> b["standard: 3×3, mixes all<br/>9 · C · F weights"] --> c["F channels"]
#   d["C channels"] --> e["depthwise: 3×3, each alone<br/>9 · C weights"]
#   e --> f["pointwise: 1×1, mixes all<br/>C · F weights"] --> g["F channels"]
# ```
#
# The separable form needs $1/F + 1/9$ of the weights and of the multiplications. Whether it is faster is another
# question, which is measured below.
#
# ## The residual block
#
# A deep stack must carry its input through every layer, and each layer is free to garble it. A residual block *adds*
# what it has to say to what it was given, so that saying nothing costs nothing.
#
# ```mermaid
# flowchart LR
#   x[x] --> c1["3×3 · norm · ReLU"] --> c2["3×3 · norm"] --> add(("+")) --> r[ReLU] --> y[y]
#   x -- shortcut --> add
# ```


# %%
def normalization(x, gamma, beta, mean, variance):
    """Batch normalization at inference; 1e-3 is Keras's epsilon."""
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def residual(x, kernel_1, norm_1, kernel_2, norm_2):
    branch = np.maximum(normalization(convolution(x, kernel_1), *norm_1), 0)
    branch = normalization(convolution(branch, kernel_2), *norm_2)
    return np.maximum(x + branch, 0)


# %%
def random_weights(model):
    """Weights that no part of a block can hide behind: also statistics and factors are random, and positive."""
    random = np.random.default_rng(SEED)
    model.set_weights(
        [random.uniform(0.1, 1, weight.shape) - 0.3 * (weight.ndim == 4) for weight in model.get_weights()]
    )


theirs = keras.Model(image, residual_block(image, filters=4))
start = theirs(x)
random_weights(theirs)
k1, *rest = theirs.get_weights()  # Layer by layer; of a normalization gamma, beta, mean and variance.
norm_1, k2, norm_2 = rest[:4], rest[4], rest[5:]
np.testing.assert_allclose(residual(x, k1, norm_1, k2, norm_2), theirs(x), atol=1e-4)
np.testing.assert_allclose(start, np.maximum(x, 0), atol=1e-6)
print("equal; and untrained, the block hands on its input")

# %% [markdown]
# The second assertion is a trick worth knowing: the last normalization starts at scale zero, so that an untrained
# block is its shortcut (and the ReLU behind it), and a network of a hundred blocks starts as a shallow one (Goyal et
# al., 2017).
#
# Does it matter? Twenty convolutions, once with shortcuts and once without, everything else the same but that start at
# scale zero, which without a shortcut would let nothing through.


# %%
def deep(with_shortcuts, depth=2 if QUICK else 10):
    image = keras.Input((8, 8, 1))
    h = keras.layers.Conv2D(8, 3, padding="same")(image)
    for _ in range(depth):
        if with_shortcuts:
            h = residual_block(h, filters=8)
            continue
        for _ in range(2):
            h = convolve(h, Style(), filters=8)
            h = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(h))  # As in the project's blocks.
    return keras.Model(image, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(h)))


deep_loss = {}
for name, colour in (("without", ORANGE), ("with", BLUE)):
    keras.utils.set_random_seed(SEED)
    history, deep_accuracy = train_on_digits(deep(name == "with"))
    deep_loss[name] = history["loss"]
    plt.plot(np.arange(1, EPOCHS + 1), history["loss"], color=colour, marker=".", label=f"{name} shortcuts")
    print(f"{name} shortcuts: loss {history['loss'][-1]:.3f}, test accuracy {deep_accuracy:.3f}")
plt.xlabel("epoch")
plt.ylabel("training loss")
plt.legend(frameon=False)
plt.show()
if not QUICK:
    assert np.mean(deep_loss["with"]) < np.mean(deep_loss["without"])

# %% [markdown]
# The *training* loss is lower with shortcuts: this is about being trainable, not about generalizing. With the five
# convolutions of the results below you see nothing of it.
#
# ## Squeeze and excitation: which channels matter here?
#
# A convolution treats a channel the same in every image. A squeeze-and-excitation gate looks at the whole image (the
# mean of each channel: *squeeze*), thinks briefly (two small layers), and turns each channel up or down (*excite*).
#
# ```mermaid
# flowchart LR
#   x["x: H×W×C"] --> m["mean over H×W<br/>C numbers"] --> d1["dense C/r · ReLU"] --> d2["dense C · sigmoid"]
#   d2 --> mul(("×")) --> y[y]
#   x --> mul
# ```


# %%
def squeeze_and_excite(x, squeeze, squeeze_bias, excite, excite_bias):
    means = x.mean(axis=(1, 2))
    hidden = np.maximum(means @ squeeze + squeeze_bias, 0)
    gates = 1 / (1 + np.exp(-(hidden @ excite + excite_bias)))
    return x * gates[:, np.newaxis, np.newaxis]


# %%
theirs = keras.Model(image, squeeze_excite(image, ratio=2))
random_weights(theirs)
w1, b1, w2, b2 = theirs.get_weights()  # Its dense layers are 1×1 convolutions, hence the `[0, 0]`.
np.testing.assert_allclose(squeeze_and_excite(x, w1[0, 0], b1, w2[0, 0], b2), theirs(x), atol=1e-5)
print("equal, with", theirs.count_params(), "parameters")

# %% [markdown]
# ## Kernels: where they start, and how large they may grow
#
# **Initializers** decide whether a signal survives the way through an untrained network. A layer of $n$ inputs
# multiplies the signal's mean square by $n \cdot \mathrm{Var}(w)$, and ReLU halves it. So He's rule
# $\mathrm{Var}(w) = 2/n$ keeps it; Glorot's, which is $1/n$ where there are as many outputs as inputs, halves it in
# each layer; and "just a normal distribution" multiplies it by $n/2$.

# %%
signal = np.random.default_rng(SEED).normal(size=(256, 128))
starts = {
    "normal, σ 1": keras.initializers.RandomNormal(stddev=1.0, seed=SEED),
    "he_normal": keras.initializers.HeNormal(seed=SEED),
    "glorot_normal": keras.initializers.GlorotNormal(seed=SEED),
}
strength = {}
for (name, start), colour in zip(starts.items(), (RED, BLUE, ORANGE), strict=True):
    h, strength[name] = signal, [1.0]
    for layer in range(20):
        # With another seed: an initializer gives the same numbers each time.
        start_of_layer = start.__class__.from_config({**start.get_config(), "seed": layer})
        h = np.maximum(h @ np.asarray(start_of_layer((128, 128))), 0)
        strength[name].append(float(np.mean(h**2)))
    plt.semilogy(strength[name], color=colour, marker=".", label=name)
plt.xlabel("layers passed")
plt.ylabel("mean square of the signal")
plt.legend(frameon=False)
plt.show()
assert 0.1 < strength["he_normal"][-1] < 10
assert strength["glorot_normal"][-1] < 1e-4 < 1e20 < strength["normal, σ 1"][-1]

# %% [markdown]
# After twenty layers He's signal is about as strong as it was, Glorot's is down to a millionth, and the naive one is
# beyond $10^{20}$. There is also a convolution that loses nothing at all (only the ReLU behind it does): the
# *delta-orthogonal* kernel is an orthogonal matrix in the middle tap and zeros elsewhere, so that the untrained
# convolution only rotates the channels.


# %%
def delta_orthogonal(channels, random):
    kernel = np.zeros((3, 3, channels, channels))
    kernel[1, 1], _ = np.linalg.qr(random.normal(size=(channels, channels)))
    return kernel


for kernel in (delta_orthogonal(4, np.random.default_rng(SEED)), np.asarray(DeltaOrthogonal(seed=SEED)((3, 3, 4, 4)))):
    np.testing.assert_allclose(np.linalg.norm(convolution(x, kernel)), np.linalg.norm(x), rtol=1e-5)
    assert np.count_nonzero(kernel.any(axis=(2, 3))) == 1

# %% [markdown]
# **Regularization** pulls kernels back by adding $\lambda \sum w^2$ to the loss. First that it is exactly this; then
# what it does to a network that has room to learn its 400 scans by heart.

# %%
theirs = keras.Model(image, convolve(image, Style(kernel_l2=0.01), filters=6))
np.testing.assert_allclose(sum(theirs.losses), 0.01 * np.sum(theirs.get_weights()[0] ** 2), rtol=1e-5)


def dense_network(l2):
    regularizer = keras.regularizers.L2(l2) if l2 else None
    image = keras.Input((8, 8, 1))
    h = keras.layers.Flatten()(image)
    for _ in range(2):
        h = keras.layers.Dense(128, activation="relu", kernel_regularizer=regularizer)(h)
    return keras.Model(image, keras.layers.Dense(10)(h))


sizes, by_l2 = {}, {}
for l2 in (0.0, 1e-3, 1e-1):
    keras.utils.set_random_seed(SEED)
    model = dense_network(l2)
    history, accuracy = train_on_digits(model)
    by_l2[l2] = accuracy
    sizes[l2] = float(np.linalg.norm(model.layers[2].get_weights()[0]))
    print(f"λ {l2:<6} kernel norm {sizes[l2]:5.2f}  train {history['accuracy'][-1]:.3f}  test {accuracy:.3f}")
if not QUICK:
    assert sizes[0.0] > sizes[1e-3] > sizes[1e-1]
    assert abs(by_l2[1e-3] - by_l2[0.0]) < 0.02 < by_l2[0.0] - by_l2[1e-1]

# %% [markdown]
# Kernels shrink as they should. But look at the test column before you believe that this alone makes a network better:
# the mild λ changes less than two points either way, and the strong one costs more than that (both are asserted).
#
# ## An activation of your own, with its gradient checked
#
# Swish with a learned slope is $x \cdot \sigma(\beta x)$: near $\beta = 0$ half the identity, for large $\beta$ a
# ReLU. We write value and gradients down, and compare three ways: by formula, by the tape through the project's
# layer, and by finite differences, which know no calculus and so make no mistake in it.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def swish(x, beta):
    return x * sigmoid(beta * x)


def swish_gradients(x, beta):
    """Towards x and towards beta."""
    s = sigmoid(beta * x)
    return s + beta * x * s * (1 - s), x**2 * s * (1 - s)


def numeric_gradient(f, at, step=1e-5):
    return (f(at + step) - f(at - step)) / (2 * step)


# %%
layer = LearnableSwish()
layer.build((None, 3))
layer.set_weights([np.array([0.5, 1.0, 2.0], "float32")])
points = tf.constant(np.random.default_rng(SEED).normal(size=(1, 3)), tf.float32)
with tf.GradientTape() as tape:
    tape.watch(points)
    value = layer(points)
by_tape = tape.gradient(value, [points, layer.beta.value])
at, beta = points.numpy().astype("float64"), layer.beta.numpy().astype("float64")
by_formula = swish_gradients(at, beta)
np.testing.assert_allclose(value, swish(at, beta), atol=1e-6)
np.testing.assert_allclose(by_tape[0], by_formula[0], atol=1e-6)
np.testing.assert_allclose(by_tape[1], by_formula[1][0], atol=1e-6)
np.testing.assert_allclose(numeric_gradient(lambda p: swish(p, beta), at), by_formula[0], atol=1e-8)
np.testing.assert_allclose(numeric_gradient(lambda b: swish(at, b), beta), by_formula[1], atol=1e-8)

# %% [markdown]
# ## A trainable scale, and its price
#
# `ChannelScale` multiplies each channel by a learned factor: a branch can start small and grow. In training that is
# one more layer to compute and to keep. For inference it need not exist: what follows a convolution and only
# multiplies and adds can be **folded** into the kernel beforehand.


# %%
def fold_scale(kernel, scale):
    """A kernel `[3, 3, channel, filter]` that has the factors `[filter]` within."""
    return kernel * scale


def fold_normalization(kernel, gamma, beta, mean, variance):
    """Kernel and bias of a convolution and the normalization behind it."""
    factor = gamma / np.sqrt(variance + 1e-3)
    return kernel * factor, beta - mean * factor


# %%
h = convolve(image, Style(), filters=6)
scaled = keras.Model(image, ChannelScale(initial=0.1)(keras.layers.BatchNormalization()(h)))
random_weights(scaled)
kernel, gamma, beta, mean, variance, scale = scaled.get_weights()
folded_kernel, bias = fold_normalization(kernel, gamma, beta, mean, variance)
ours = convolution(x, fold_scale(folded_kernel, scale)) + bias * scale
folded = fold(scaled)
np.testing.assert_allclose(ours, scaled(x), atol=1e-4)
np.testing.assert_allclose(folded(x), scaled(x), atol=1e-4)
print(
    "layers:", [type(layer).__name__ for layer in scaled.layers], "→", [type(layer).__name__ for layer in folded.layers]
)

# %% [markdown]
# ## Results
#
# Five *bodies* (networks that differ only in their blocks) of the same width and depth, trained on the same 400 scans
# for as many epochs over three seeds. Each block is made of parts that you have just seen, now from the project. The
# dilated one is a residual block with dilated convolutions, and where the others halve the image, it dilates by two.


# %%
def plain_block(h, filters, strides):
    for stride in (strides, 1):
        h = convolve(h, Style(), filters=filters, strides=stride)
        h = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(h))
    return h


BLOCKS = {
    "plain": plain_block,
    "residual": lambda h, filters, strides: residual_block(h, filters=filters, strides=strides),
    "residual + SE": lambda h, filters, strides: residual_block(h, filters=filters, strides=strides, se_ratio=4),
    "separable": lambda h, filters, strides: residual_block(h, filters=filters, strides=strides, block="separable"),
    "dilated": lambda h, filters, strides: dilated_block(h, Style(), filters=filters, dilation=strides),
}


def body(kind):
    """A stem, a block of 16 filters, and one of 32 that halves the image; the dilated one keeps its size instead."""
    image = keras.Input((8, 8, 1))
    h = convolve(image, Style(), filters=16)
    h = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(h))
    for filters, strides in ((16, 1), (32, 2)):
        h = BLOCKS[kind](h, filters, strides)
    return keras.Model(image, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(h)))


# %%
def start_anew(model, seed):
    """Other random weights and an optimizer that has seen nothing; spares building the same graph again."""
    keras.utils.set_random_seed(seed)
    model.set_weights(keras.models.clone_model(model).get_weights())
    for variable in model.optimizer.variables if model.compiled else ():
        if "learning_rate" not in variable.path:
            variable.assign(keras.ops.zeros_like(variable))


accuracies, trained = {kind: [] for kind in BLOCKS}, {kind: body(kind) for kind in BLOCKS}
for kind, model in trained.items():
    for seed in SEEDS:
        start_anew(model, seed)
        accuracies[kind].append(train_on_digits(model, seed=seed)[1])
for kind, values in accuracies.items():
    print(f"{kind:<14} {np.mean(values):.3f}  seeds: {'  '.join(f'{value:.3f}' for value in values)}")

# %%
mean_accuracy = {kind: float(np.mean(values)) for kind, values in accuracies.items()}
spread = max(float(np.ptp(values)) for values in accuracies.values())
gain = mean_accuracy["residual + SE"] - mean_accuracy["residual"]
print(f"squeeze-and-excitation: {100 * gain:+.1f} points; the widest spread among seeds is {100 * spread:.1f} points")
if not QUICK:
    assert min(mean_accuracy.values()) > linear_accuracy
    assert abs(gain) < 0.03
    assert mean_accuracy["plain"] > mean_accuracy["residual"] - 0.01
    assert 0.01 < mean_accuracy["residual"] - mean_accuracy["separable"] < 0.07

# %% [markdown]
# Every convolutional body beats the linear classifier, and then come three results that a textbook would not have
# promised:
#
# - The plain body is no worse than the residual one. Five convolutions need no help; twenty, above, did.
# - The gates gain nothing. A gain smaller than the spread among seeds is not a result, whatever its sign (this page
#   fails if it leaves ±3 points). The papers' gains are for a thousand classes and networks a hundred times larger.
# - The separable body pays for its fifth of the operations with several points (asserted: 1 to 7). With 16 to 32
#   channels there is little to separate.
#
# What holds for your data must be measured on your data. That is the point of this page.
#
# ### What the network sees
#
# A feature map is an activation drawn as an image, and a network's layers can be had as outputs of a second model.

# %%
network = trained["residual + SE"]
stage = next(layer for layer in network.layers if isinstance(layer, keras.layers.Add))
seen = keras.Model(network.input, stage.output)(scans[test[:1]])[0].numpy()
figure, axes = plt.subplots(1, 9, figsize=(7, 1.1))
axes[0].imshow(scans[test[0], ..., 0], cmap="gray_r")
axes[0].set_title("scan", fontsize=8)
for axis, channel in zip(axes[1:], np.argsort(-seen.std(axis=(0, 1)))[:8], strict=True):
    axis.imshow(seen[..., channel], cmap="viridis")
    axis.set_title(f"channel {channel}", fontsize=8)
for axis in axes:
    axis.axis("off")
plt.show()

# %% [markdown]
# And the gates: for each class the mean gate of each channel of the last block, as a difference from the mean over
# all classes. Rows that differ mean that the gate tells the digits apart; a gate that is the same for all images is
# only an expensive constant. Mind the scale of the colours: gates lie between 0 and 1, and no mean is more than two
# tenths off (asserted). These gates are not far from constants, which fits that they gained nothing.

# %%
gate = [layer for layer in network.layers if isinstance(layer, keras.layers.Multiply)][-1]
gates = keras.Model(network.input, gate.input[1])(scans[test]).numpy()[:, 0, 0]
by_class = np.stack([gates[digits.target[test] == digit].mean(axis=0) for digit in range(10)])
difference = by_class - by_class.mean(axis=0)
largest = max(np.abs(difference).max(), 1e-6)
plt.figure(figsize=(7, 2.6))
plt.imshow(difference, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
plt.colorbar(label="gate − mean")
plt.xlabel("channel of the last block")
plt.ylabel("digit")
plt.yticks(range(10))
plt.show()
assert gates.shape == (len(test), 32)
assert 0 <= gates.min() <= gates.max() <= 1
assert largest < 0.2

# %% [markdown]
# ## Which to take
#
# Accuracy is one column. The others can be counted exactly (parameters, operations, the activations that training
# keeps) or timed (on the machine that made this page, one core; only compare them with each other).


# %%
def latency_ms(model, batch):
    """Median of a batch's time in a compiled graph."""
    call = tf.function(lambda images: model(images, training=False))
    images = tf.constant(scans[:batch])
    call(images)
    times = []
    for _ in range(5 if QUICK else 30):
        start = time.perf_counter()
        call(images).numpy()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def activation_kilobytes(model):
    """What training keeps of one example: each layer's output, in float32."""
    return sum(np.prod(layer.output.shape[1:]) * 4 for layer in model.layers) / 1024


costs = {}
print(f"{'block':<14} accuracy  parameters  MFLOPs  kept kB  1 scan ms  256 scans ms")
for kind, model in trained.items():
    counted = profile(model)
    costs[kind] = {
        "parameters": counted.parameters,
        "mflops": counted.flops / 1e6,
        "kept": activation_kilobytes(model),
        "ms": latency_ms(model, 1),
        "ms256": latency_ms(model, 256),
    }
    parameters, mflops, kept, ms, ms256 = costs[kind].values()
    print(f"{kind:<14} {mean_accuracy[kind]:8.3f} {parameters:11,} {mflops:7.2f} {kept:8.1f} {ms:10.2f} {ms256:13.1f}")
assert costs["separable"]["parameters"] < costs["residual"]["parameters"] / 3
assert costs["dilated"]["mflops"] > 2 * costs["residual"]["mflops"]

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 3), sharey=True)
for (kind, cost), colour in zip(costs.items(), (PINK, BLUE, GREEN, ORANGE, RED), strict=True):
    for axis, key, label in zip(axes, ("parameters", "ms256"), ("parameters", "ms for 256 scans"), strict=True):
        axis.plot([cost[key]] * len(SEEDS), accuracies[kind], ".", color=colour, alpha=0.5)
        axis.plot(cost[key], mean_accuracy[kind], "D", color=colour, label=kind)
        axis.set(xscale="log", xlabel=label)
axes[0].set_ylabel("test accuracy")
axes[1].legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# | take | when | not when |
# |---|---|---|
# | plain | a handful of layers | deeper: the training loss stays behind |
# | residual | twenty layers, or depth that is still to be decided | a handful of layers: nothing gained |
# | + SE | many channels, many classes, operations to spare | narrow networks: nothing gained |
# | separable | bytes and operations are scarce | few channels, or scarce training memory: it keeps more layers |
# | dilated | the place matters (segmentation, series) | one label an image: it computes at full size throughout |
#
# ## Pitfalls
#
# ### A network that has learned everything and knows nothing
#
# Batch normalization uses the batch's statistics in training and *moving* ones afterwards. Keras's default momentum
# of 0.99 needs hundreds of steps to forget its start. With eight steps an epoch, training looks splendid and the same
# network fails once it is used.

# %%
SHORT = 1 if QUICK else 2


def with_momentum(momentum):
    image = keras.Input((8, 8, 1))
    h = image
    for _ in range(3):
        h = convolve(h, Style(), filters=16)
        h = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=momentum)(h))
    return keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(h)))


mended = {}
for momentum in (0.99, 0.8):
    keras.utils.set_random_seed(SEED)
    model = with_momentum(momentum)
    history, accuracy = train_on_digits(model, epochs=SHORT)
    mended[momentum] = accuracy
    print(f"momentum {momentum}: in training {history['accuracy'][-1]:.3f}, on test scans {accuracy:.3f}")
if not QUICK:
    assert mended[0.8] > mended[0.99] + 0.05

# %% [markdown]
# The mend is a momentum that fits the number of steps (the project's blocks use 0.9), or one pass over the training
# data after training to take the statistics anew.
#
# ### A dilation wider than the image
#
# On an 8×8 image, a tap that lies eight pixels away only ever sees padding. The layer pays for nine taps and is a 1×1
# convolution; the outer eight never get a gradient. Nothing complains.

# %%
taps = {}
for dilation in (8, 2):
    layer = keras.layers.Conv2D(4, 3, padding="same", dilation_rate=dilation)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(scans[train[:32]]) ** 2)
    gradient = tape.gradient(loss, layer.kernel.value).numpy()
    taps[dilation] = int(np.count_nonzero(np.abs(gradient).sum(axis=(2, 3))))
    print(f"dilation {dilation}: {taps[dilation]} of 9 taps learn")
assert taps == {8: 1, 2: 9}

# %% [markdown]
# ### Units that are dead
#
# A ReLU unit whose input is negative for every scan has no gradient and never comes back. One step that is far too
# long is enough. Looking at each layer's outputs finds it: the share of units that are zero for *all* scans.


# %%
def look_inside(model, images):
    """Prints each layer's shape, mean and largest output, and the share of its units that never fire; returns these."""
    outputs = [layer.output for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    dead = []
    for output in keras.Model(model.input, outputs)(images):
        values = output.numpy()
        dead.append(float(np.mean(~np.any(values > 0, axis=0))))
        print(f"  {values.shape[1]:4} units  mean {values.mean():9.2f}  max {values.max():9.2f}  dead {dead[-1]:.0%}")
    return dead


dead_share = {}
for rate in (2.0, 0.05):
    keras.utils.set_random_seed(SEED)
    model = dense_network(0.0)
    _, accuracy = train_on_digits(model, epochs=2 if QUICK else 10, optimizer=keras.optimizers.SGD(rate))
    print(f"learning rate {rate}: test accuracy {accuracy:.3f}")
    dead_share[rate] = max(look_inside(model, scans[train])[:2])
if not QUICK:
    assert dead_share[2.0] > 0.5 > 0.3 > dead_share[0.05]

# %% [markdown]
# The mends, in the order in which to try them: a smaller rate, a warm-up ([guide 2](02_custom_training.md)), a
# normalization before the activation, an activation that is never flat. (The last row of each table is the logits,
# which have no ReLU: there a "dead" unit is a digit whose logit is positive for no scan.) The same function shows
# exploding activations: the column `max` grows from layer to layer.
#
# ### A gradient that is almost right
#
# A custom gradient with a forgotten term still points roughly downhill. The network trains, only worse, and nobody
# suspects the activation. Finite differences do.


# %%
@tf.custom_gradient
def hasty_swish(x):
    s = tf.sigmoid(x)
    return x * s, lambda upstream: upstream * s  # forgets x · s · (1 − s)


def largest_gradient_error(function):
    at = tf.linspace(-3.0, 3.0, 13)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    numeric = numeric_gradient(lambda p: function(tf.constant(p)).numpy(), at.numpy(), step=1e-2)
    return float(np.abs(tape.gradient(value, at) - numeric).max())


hasty, right = largest_gradient_error(hasty_swish), largest_gradient_error(keras.activations.silu)
print(f"largest error: {hasty:.3f} hasty, {right:.6f} right")
assert hasty > 0.2 > 1e-3 > right

# %% [markdown]
# ### One seed
#
# From the runs above: how often would a single seed have told another order of two architectures than the mean does?

# %%
kinds = list(accuracies)
pairs = [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
wrong = sum(
    (accuracies[a][s] - accuracies[b][s]) * (mean_accuracy[a] - mean_accuracy[b]) < 0
    for a, b in pairs
    for s in range(len(SEEDS))
)
print(f"{wrong} of {len(pairs) * len(SEEDS)} comparisons by one seed contradict the mean")

# %% [markdown]
# ## What it costs
#
# Operations are not time. The separable body needs a fraction of the residual one's; here is what becomes of that,
# and what folding saves, as ratios (of the machine that made this page).

# %%
few = costs["separable"]["mflops"] / costs["residual"]["mflops"]
for key, what in (("ms", "one scan"), ("ms256", "256 scans")):
    slow = costs["separable"][key] / costs["residual"][key]
    print(f"separable against residual, {what}: {few:.2f} of the operations, {slow:.2f} of the time")
lean = fold(network)
np.testing.assert_allclose(lean(scans[test[:64]]), network(scans[test[:64]]), atol=1e-3)
saved = latency_ms(lean, 256) / latency_ms(network, 256)
print(f"folded against not: {saved:.2f} of the time for 256 scans")
for what, model in (("as trained", network), ("folded", lean)):
    print(f"{what}: {len(model.layers)} layers, {model.count_params():,} parameters")
assert few < 0.5
assert len(lean.layers) < len(network.layers)

# %% [markdown]
# At one scan most of the time goes into starting operations, of which a separable block has more; its savings show
# where there is much to compute. A depthwise kernel also does little work for each byte that it moves, so that
# memory, not arithmetic, is the limit. Count first, then time it on the device that matters.
#
# ## The same in production
#
# In a Slipway config, the YAML file that describes a whole pipeline, an architecture is one line, and the comparison
# of this page one command. In `pipeline/configs/digits.yaml` it is this line (a `resnet`, as no `kind` is named):
#
# ```yaml
# options:
#   model: {widths: [24, 48], blocks_per_stage: 2, se_ratio: 4, dropout: 0.1}
# ```
#
# ```
# slipway model summary pipeline/configs/digits.yaml --diagram digits.md   # what it costs and sees, and its picture
# slipway run pipeline/configs/digits.yaml --set options.model.block=separable
# slipway analyze pipeline/configs/digits.yaml --grid grid.yaml --epochs 20
# ```
#
# with a `grid.yaml` of the candidates, each by what differs:
#
# ```yaml
# plain: {options.model.se_ratio: null}
# gated: {}
# separable: {options.model.block: separable}
# ```
#
# The same network from Python, with the number of parameters that the comment at the head of that file promises:

# %%
options = ResNetOptions(widths=(24, 48), blocks_per_stage=2, se_ratio=4, dropout=0.1)
shipped = options.build(image_shape=(8, 8, 1), num_classes=10)
counted = profile(shipped)
print(f"{counted.parameters:,} parameters, {counted.flops / 1e6:.1f} MFLOPs, sees {counted.receptive_field} pixels")
assert counted.parameters == 99_672

# %% [markdown]
# ## Key takeaways
#
# - A convolution is nine shifted matrix products; dilated, depthwise and separable ones change the shift or the
#   matrix.
# - Shortcuts make depth trainable. Start a block as its shortcut.
# - A gate, a scale or an activation is worth what it gains on *your* data over *several* seeds, beside the spread.
# - Operations, bytes, training memory and milliseconds are four different columns. Measure the one that is scarce.
# - What is linear behind a convolution costs nothing at inference, once it is folded.
# - When a network does not train, look at each layer's outputs before you change the architecture.
#
# ## Exercises
#
# 1. The residual body has three 3×3 convolutions at stride 1 (the stem, and two in the first block); in the second
#    block, one at stride 2 and one at stride 1. How many pixels across does an output of the last one see, if the scan
#    were large enough?
# 2. Give a formula for the number of parameters of a squeeze-and-excitation gate with $C$ channels and ratio $r$, with
#    biases.
# 3. By how much does a separable convolution cut the weights of a 3×3 with $C = F = 32$?
# 4. Put a `ChannelScale` that starts at $10^{-4}$ at the end of a residual branch. Show that the block is its shortcut
#    to about that precision, even if its normalizations do not start at zero.
# 5. Write the gradient of the leaky ReLU with slope 0.2, and check it as above. (Where must you not look?)
#
# ## Solutions

# %%
# 1: each layer adds (3 − 1) times the distance between its inputs: 1 before the stride, 2 after it.
sees = 1 + 2 * 1 + 2 * 1 + 2 * 1 + 2 * 1 + 2 * 2
print("one output sees", sees, "pixels")
assert sees == profile(trained["residual"]).receptive_field


# %%
# 2
def gate_parameters(channels, ratio):
    hidden = channels // ratio
    return channels * hidden + hidden + hidden * channels + channels


image_32 = keras.Input((8, 8, 32))
assert gate_parameters(32, 4) == keras.Model(image_32, squeeze_excite(image_32, ratio=4)).count_params()

# %%
# 3
share = (9 * 32 + 32 * 32) / (9 * 32 * 32)
two = [make(image_32, Style(), filters=32) for make in (convolve_separable, convolve)]
counts = [keras.Model(image_32, output).count_params() for output in two]
print(f"{share:.3f} of the weights: a {1 / share:.1f}th")
np.testing.assert_allclose(share, 1 / 32 + 1 / 9)
assert counts[0] / counts[1] == share

# %%
# 4
h = ChannelScale(initial=1e-4)(keras.layers.BatchNormalization()(convolve(image, Style(), filters=4)))
timid = keras.Model(image, keras.layers.Add()([image, h]))
print("largest difference from the shortcut:", float(np.abs(timid(x) - x).max()))
assert 0 < np.abs(timid(x) - x).max() < 1e-2

# %%
# 5. Not at zero, where there is a kink: no point of these is, and 0.05 moves those of `largest_gradient_error` off it.
at = np.linspace(-2.05, 2.05, 12)
slope = np.where(at > 0, 1.0, 0.2)
np.testing.assert_allclose(numeric_gradient(lambda p: np.where(p > 0, p, 0.2 * p), at), slope, atol=1e-8)
assert largest_gradient_error(lambda p: keras.ops.leaky_relu(p + 0.05, 0.2)) < 1e-3

# %% [markdown]
# ## Further reading
#
# - He, Zhang, Ren, Sun, 2016, *Deep Residual Learning for Image Recognition* (arXiv 1512.03385), and *Identity
#   Mappings in Deep Residual Networks* (arXiv 1603.05027).
# - Hu, Shen, Sun, 2018, *Squeeze-and-Excitation Networks* (arXiv 1709.01507).
# - Chollet, 2017, *Xception: Deep Learning with Depthwise Separable Convolutions* (arXiv 1610.02357).
# - Yu, Koltun, Funkhouser, 2017, *Dilated Residual Networks* (arXiv 1705.09914).
# - He et al., 2015, *Delving Deep into Rectifiers* (arXiv 1502.01852); Xiao et al., 2018, *Dynamical Isometry and a
#   Mean Field Theory of CNNs* (arXiv 1806.05393).
# - Goyal et al., 2017, *Accurate, Large Minibatch SGD* (arXiv 1706.02677); Touvron et al., 2021, *Going deeper with
#   Image Transformers* (arXiv 2103.17239), for the scale.
# - Ramachandran, Zoph, Le, 2017, *Searching for Activation Functions* (arXiv 1710.05941).
#
# Next: [custom training](02_custom_training.md). All architectures that a config can name: [vision](../vision.md).
# Making the chosen one small: [optimization and deployment](03_optimization_and_deployment.md). All guides: [the
# series](README.md).
