# %% [markdown]
# # Transformers for time series
#
# You write attention, positions, a causal mask and a whole encoder-decoder yourself, in pieces that fit a screen;
# each is proved equal to the layer that this project ships. Then you train it on a real series, look at what it
# attends to, and hold it against Holt-Winters and a linear regression, which is where most articles on the subject
# stop too early.
#
# - **Time**: about two and a half minutes on one core. **Seed**: 0 where nothing else is said; the comparison takes
#   seeds 0, 1, 2.
# - **Data**: 2,284 weeks of carbon dioxide at Mauna Loa, which ship with statsmodels, and generated sinusoids. No
#   download.
# - **Before this**: nothing but Python, NumPy and a little Keras. The loop that `fit` hides is written out in [custom
#   training loops](02_custom_training.md), blocks for images in [architectures](01_architectures.md), smaller files
#   in [optimization and deployment](03_optimization_and_deployment.md), a handful of examples in [few-shot
#   learning](05_few_shot_learning.md), the way to production in [from a notebook to a pipeline that
#   refuses](06_from_notebook_to_pipeline.md).

# %%
import json
import os
import time
import tracemalloc
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import yaml
from keras import ops
from statsmodels.datasets import co2

import models
from models.forecasters.encoder_decoder import encoder_decoder
from models.forecasters.forecaster import ForecastShape
from models.forecasters.transformer_blocks import BlockStyle
from models.graph.attention_maps import attention_maps
from models.layers import attention, positions
from studies.backtest.traditional import TRADITIONAL

QUICK = os.environ.get("GUIDE") == "quick"
SEED = 0
EPOCHS = 1 if QUICK else 30
SEEDS = (0,) if QUICK else (0, 1, 2)
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"
keras.utils.set_random_seed(SEED)
plt.rcParams.update({"figure.dpi": 90, "axes.spines.top": False, "axes.spines.right": False})

# %% [markdown]
# ## The problem
#
# Once a week, somebody writes down how much carbon dioxide there is in the air on a Hawaiian mountain. We want the
# next half year, 26 weeks, from the last two years, 104 weeks. The series climbs, and it breathes: plants take carbon
# dioxide up in summer and give it back in winter. 59 weeks are missing; they are filled by the last value before, and
# count in no test error.

# %%
LOOKBACK, HORIZON, SEASON = 104, 26, 52
observed = co2.load_pandas().data["co2"].to_numpy(np.float32)


def carry_forward(values):
    """Fills each gap by the last value before it."""
    places = np.where(np.isnan(values), 0, np.arange(len(values)))
    return values[np.maximum.accumulate(places)]


series = carry_forward(observed)
train_end, eval_end = int(0.7 * len(series)), int(0.8 * len(series))
assert (len(series), int(np.isnan(observed).sum())) == (2284, 59)

figure, axis = plt.subplots(figsize=(7.5, 2.8))
weeks = 1958.24 + np.arange(len(series)) / 52.18
for name, start, end, colour in (
    ("train", 0, train_end, BLUE),
    ("eval", train_end, eval_end, ORANGE),
    ("test", eval_end, len(series), GREEN),
):
    axis.plot(weeks[start:end], observed[start:end], color=colour, label=name, linewidth=1)
axis.set(xlabel="year", ylabel="CO₂, parts per million")
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# The series is cut **by time**: a model learns on the past and is judged on the future. Of the measured test
# weeks 98 % lie above all that was seen in training; this will matter.
#
# A *window* is what the model sees and what it has to say. Windows of neighbouring weeks overlap.


# %%
def windows(values, first, end):
    """Every window whose 26 weeks to come lie in [first, end): `[window, 104]` and `[window, 26]`."""
    every = np.lib.stride_tricks.sliding_window_view(values, LOOKBACK + HORIZON)
    chosen = every[max(first - LOOKBACK, 0) : end - LOOKBACK - HORIZON + 1]
    return chosen[:, :LOOKBACK].copy(), chosen[:, LOOKBACK:].copy()


train_x, train_y = windows(series, 0, train_end)
test_x, _ = windows(series, eval_end, len(series))
_, test_truth = windows(observed, eval_end, len(series))


def mae(forecast, truth=test_truth):
    """Mean absolute error over the weeks that somebody measured, in parts per million."""
    return float(np.nanmean(np.abs(forecast - truth)))


repeat_mae = mae(np.repeat(test_x[:, -1:], HORIZON, axis=1))
naive_mae = mae(test_x[:, -SEASON : -SEASON + HORIZON])
print(f"{len(train_x)} windows to train on, {len(test_x)} to test on")
print(f"the last value again: {repeat_mae:.2f} ppm; the same weeks of last year: {naive_mae:.2f} ppm")
assert abs(repeat_mae - 2.67) < 0.05
assert abs(naive_mae - 1.69) < 0.05

# %% [markdown]
# Two forecasts that need no model at all miss by about 2.7 and 1.7 parts per million. Nothing below is worth its
# trouble unless it does clearly better than the second, the *seasonal naive* forecast.
#
# ## Attention, in three lines
#
# A dictionary gives back the value whose key *is* your query. Attention is a soft dictionary: it gives back a mean of
# all values, each weighted by how *similar* its key is to the query. Similarity is a dot product, and a softmax turns
# similarities into weights that sum to one (Vaswani et al., 2017):
#
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d}}\right) V$$


# %%
def attention_weights(query, key, visible=None):
    """How much each query looks at each key: `[..., query, key]`."""
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / query.shape[-1] ** 0.5
    if visible is not None:
        scores = ops.where(visible, scores, -3e4)  # below every score, and within the range of float16
    return ops.softmax(scores, axis=-1)


keys = ops.convert_to_tensor(np.eye(3, dtype=np.float32) * 10)
values = ops.convert_to_tensor(np.array([[1.0], [2.0], [3.0]], np.float32))
for question in ([0, 10, 0], [10, 10, 0], [0, 0, 0]):
    found = attention_weights(ops.convert_to_tensor([question], dtype="float32"), keys)
    print(question, "->", np.round(found, 2), "->", np.round(ops.matmul(found, values), 2))

# %% [markdown]
# The first question is one of the keys and gets its value, 2. The second lies between two keys and gets the mean of
# theirs, 1.5. The third resembles none, and gets the mean of all.
#
# Why the $\sqrt{d}$? A dot product of two vectors of $d$ independent numbers of mean 0 and variance 1 has variance
# $d$. Without the division the scores of wide vectors lie so far apart that the softmax puts everything on one key,
# and then its gradient is almost nothing.

# %%
random = np.random.default_rng(SEED)
largest = {}
for dim in (4, 64, 1024):
    q, k = random.normal(size=(2, 500, 32, dim)).astype(np.float32)
    scores = ops.matmul(q, ops.swapaxes(k, -1, -2))
    assert abs(np.var(scores) / dim - 1) < 0.1
    largest[dim] = [float(ops.mean(ops.max(ops.softmax(s), axis=-1))) for s in (scores, scores / dim**0.5)]
    print(f"{dim:5} numbers: the largest of 32 weights is {largest[dim][0]:.2f}, divided by √d {largest[dim][1]:.2f}")
assert largest[1024][0] > 0.9
assert largest[1024][1] < 0.25

# %% [markdown]
# ## Several heads
#
# One set of weights can ask one question. *Heads* ask several at once: the vector is cut into parts, and each part
# attends for itself. Four matrices are learned: what is asked (query), what is offered (key), what is handed over
# (value), and how the heads' answers are put together (out). When the keys come from another sequence than the
# queries, this is *cross-attention*; a *causal* mask hides from each token all that come after it. Rotary positions
# come below; until then read `rotate` as "the token's place is mixed in here", and `start` as the place of the first
# query: a decoder's tokens begin in the middle of the history.


# %%
def rotate(x, start=0):
    """Turns the pairs (x[i], x[i + dim/2]) by an angle that grows with the token's place."""
    tokens, dim = x.shape[-2:]
    speeds = 10_000.0 ** (-np.arange(0, dim, 2) / dim)
    angles = (start + np.arange(tokens))[:, None] * speeds
    cosine, sine = ops.cast(np.cos(angles), x.dtype), ops.cast(np.sin(angles), x.dtype)
    first, second = x[..., : dim // 2], x[..., dim // 2 :]
    return ops.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)


class MultiHeadAttention(keras.layers.Layer):
    """Attention of `[batch, query, dim]` over `[batch, key, dim]`, or over itself."""

    def __init__(self, dim, heads, *, causal=False, rotary=True, start=0, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.causal, self.rotary, self.start = heads, causal, rotary, start
        self.query, self.key, self.value, self.out = (keras.layers.Dense(dim) for _ in range(4))

    def split(self, x):
        """`[batch, token, dim]` to `[batch, head, token, dim / head]`."""
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.heads, x.shape[2] // self.heads)), (0, 2, 1, 3))

    def weights_of(self, x, memory=None):
        query, key = self.split(self.query(x)), self.split(self.key(x if memory is None else memory))
        if self.rotary:
            query, key = rotate(query, self.start), rotate(key, self.start if memory is None else 0)
        visible = np.tri(query.shape[2], key.shape[2], dtype=bool) if self.causal else None
        return attention_weights(query, key, visible)

    def call(self, x, memory=None):
        answers = ops.matmul(self.weights_of(x, memory), self.split(self.value(x if memory is None else memory)))
        return self.out(ops.reshape(ops.transpose(answers, (0, 2, 1, 3)), (-1, *x.shape[1:])))


# %% [markdown]
# Is that really it? The project's own layer, given the same weights, must say the same: over itself with a causal
# mask, and over another sequence.

# %%
tokens = ops.convert_to_tensor(random.normal(size=(2, 6, 16)).astype(np.float32))
memory = ops.convert_to_tensor(random.normal(size=(2, 8, 16)).astype(np.float32))
for causal, context in ((True, ()), (False, (memory,))):
    theirs = attention.Attention(heads=4, is_causal=causal, is_rotary=True, query_start=4)
    ours = MultiHeadAttention(16, 4, causal=causal, start=4)
    expected, _ = theirs(tokens, *context), ours(tokens, *context)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(tokens, *context), expected, atol=1e-6)
print("our attention is the project's, to one part in a million")

# %% [markdown]
# Two properties define the mask and its absence, and both can be tested without training anything:
#
# - **Causal**: change the future, and no earlier output moves.
# - **Order-blind**: without a mask and without positions, attention sees a *bag* of tokens. Shuffle them, and the
#   outputs are shuffled likewise and otherwise the same. For a time series that is fatal, so positions are not an
#   ornament.

# %%
causal = MultiHeadAttention(16, 4, causal=True)
changed = ops.concatenate([tokens[:, :4], tokens[:, 4:] + 1], axis=1)
before, after = np.asarray(causal(tokens)), np.asarray(causal(changed))
np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
assert np.abs(before[:, 4:] - after[:, 4:]).max() > 0.01

order = np.array([3, 0, 5, 1, 4, 2])
blind, placed = MultiHeadAttention(16, 4, rotary=False), MultiHeadAttention(16, 4, rotary=True)
shuffled = ops.take(tokens, order, axis=1)
np.testing.assert_allclose(blind(shuffled), np.asarray(blind(tokens))[:, order], atol=1e-6)
assert np.abs(np.asarray(placed(shuffled)) - np.asarray(placed(tokens))[:, order]).max() > 0.01

# %% [markdown]
# ## Where a token stands
#
# **Sinusoidal** positions are added to the tokens: each pair of numbers is a clock hand, the first turning fast, the
# last very slowly. Their defining property: moving on by $k$ steps is the *same rotation* wherever you start, so a
# layer can learn "thirteen weeks ago" once and for all places.


# %%
def sinusoidal(tokens, dim):
    """`[token, dim]`: sines in the even places, cosines in the odd ones."""
    angles = np.arange(tokens)[:, None] * 10_000.0 ** (-np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(tokens, dim)


def step_matrix(steps, dim):
    """The rotation that moves any position on by so many steps."""
    matrix = np.zeros((dim, dim))
    for i, angle in enumerate(steps * 10_000.0 ** (-np.arange(0, dim, 2) / dim)):
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


table = sinusoidal(100, 32)
np.testing.assert_allclose(table, positions.sinusoidal(100, 32), atol=1e-6)
np.testing.assert_allclose(table[:-13] @ step_matrix(13, 32), table[13:], atol=1e-9)

# %% [markdown]
# **Rotary** positions (Su et al., 2021) add nothing. They turn the query by its place and the key by its own; in the
# dot product only the difference of the two angles is left. Their defining property: the score depends on *how far
# apart* two tokens stand, not on where. Sinusoidal positions that are added do not give that by themselves, because
# the content's share of the product is mixed with the place's.

# %%
q, k = random.normal(size=(2, 1, 1, 1, 16)).astype(np.float32)
np.testing.assert_allclose(rotate(tokens[None], 5), positions.rotate(tokens[None], start=5), atol=1e-6)


def rotary_score(m, n):
    return float(np.sum(np.asarray(rotate(q, m)) * np.asarray(rotate(k, n))))


def added_score(m, n):
    places = sinusoidal(200, 16)
    return float((q.ravel() + places[m]) @ (k.ravel() + places[n]))


rotary_spread = np.ptp([rotary_score(m, m + 7) for m in range(0, 180, 9)])
added_spread = np.ptp([added_score(m, m + 7) for m in range(0, 180, 9)])
print(f"score of two tokens 7 apart, over 20 places: rotary moves by {rotary_spread:.6f}, added by {added_spread:.2f}")
assert rotary_spread < 1e-4 < 0.5 < added_spread
np.testing.assert_allclose(np.linalg.norm(rotate(q, 99)), np.linalg.norm(q), rtol=1e-5)

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.5, 2.9), layout="constrained")
image = axes[0].imshow(table[:50, :20].T, aspect="auto", cmap="cividis", interpolation="nearest")
axes[0].set(xlabel="position", ylabel="place in the vector", title="sinusoidal positions")
figure.colorbar(image, ax=axes[0])
axes[1].plot(table[50] @ table.T, color=BLUE, label="sinusoidal, position 50 · position")
vector = np.ones((1, 1, 100, 32), np.float32)
turned = np.asarray(rotate(ops.convert_to_tensor(vector)))[0, 0]
axes[1].plot(turned[50] @ turned.T / 2, color=ORANGE, linestyle="--", label="rotary, equal vectors (halved)")
axes[1].set(xlabel="position", ylabel="dot product", title="nearness")
axes[1].legend(frameon=False, fontsize=7, loc="upper right")
axes[1].set_ylim(-2, 24)
plt.show()

# %% [markdown]
# Left, the clock hands: fast at the top, hardly moving at the bottom. Right, why both work: the product is largest
# where two places are the same and is smaller, in ripples, to both sides alike. For vectors of ones the two curves
# coincide.
#
# ## The encoder-decoder
#
# A week is too little to be a token; thirteen weeks, a quarter of a year, say something (Nie et al., 2023, call it a
# patch), and attention over 8 tokens has less than a hundredth of the scores of attention over 104. The **encoder**
# reads eight quarters. Each token of the **decoder** tells the quarter *after* it, and asks the encoder's memory how.
# The decoder is given the last quarters that are known, of which the very last tells the first quarter to come; for
# each further quarter it is given a placeholder, the last known quarter again.
#
# ```mermaid
# flowchart LR
#   history["104 weeks"] --> scale["minus the window's mean, by its deviation"]
#   scale --> patches["8 patches of 13 weeks"] --> encoder["self-attention, perceptron"] --> memory[(memory)]
#   scale --> start["the last 5 patches, and the last one again as placeholder"]
#   start --> self["decoder block: causal self-attention"] --> cross["cross-attention"] --> perceptron
#   memory -. keys and values .-> cross
#   perceptron --> head["13 weeks a token"] --> back["times the deviation, plus the mean"] --> forecast["26 weeks"]
# ```
#
# A block adds to each token what its branches say of it: attention, then a small perceptron, each after a
# normalization. Normalizing *before* the branch leaves a straight way for the gradient past all of them (Xiong et
# al., 2020).

# %%
PATCH, DIM, HEADS, HIDDEN, DROPOUT = 13, 16, 4, 32, 0.1
START = LOOKBACK // PATCH // 2  # patches that the decoder sees before the last one
AHEAD = HORIZON // PATCH  # patches to come


def make_block(name, *, is_decoder=False, causal=True, rotary=True, start=0):
    """The layers of a block, as a function of `[batch, token, dim]` and, for a decoder, of the memory."""
    options = {"rotary": rotary, "start": start}
    branches = {"self_attention": MultiHeadAttention(DIM, HEADS, causal=is_decoder and causal, **options)}
    if is_decoder:
        branches["cross_attention"] = MultiHeadAttention(DIM, HEADS, **options)
    hidden, out = keras.layers.Dense(HIDDEN, activation="gelu"), keras.layers.Dense(DIM)
    branches["feed_forward"] = keras.Sequential([hidden, out])
    norms = {key: keras.layers.LayerNormalization(epsilon=1e-6, name=f"{name}_{key}_norm") for key in branches}
    dropout = keras.layers.Dropout(DROPOUT)
    for key, branch in branches.items():
        branch.name = f"{name}_{key}"

    def apply(x, memory=None):
        for key, branch in branches.items():
            context = (memory,) if key == "cross_attention" else ()
            x = x + dropout(branch(norms[key](x), *context))
        return x

    return apply


# %% [markdown]
# The window's own mean and deviation are taken away first and given back at the end (Kim et al., 2022). The network
# then sees shapes, not levels; what happens without is the first pitfall. `how` says what the decoder is given in
# training; for now read `"one_shot"`, the placeholders.


# %%
def as_patches(x):
    return ops.reshape(x, (-1, x.shape[1] // PATCH, PATCH))


def make_decoder(causal, rotary):
    """Tokens `[batch, token, 13]` and the memory to what stands in the patches after them."""
    embed, head = keras.layers.Dense(DIM, name="decoder_patches"), keras.layers.Dense(PATCH, name="head")
    first = LOOKBACK // PATCH - START  # a token stands at the place of the patch that it tells
    block = make_block("decoder_0", is_decoder=True, causal=causal, rotary=rotary, start=first)
    norm = keras.layers.LayerNormalization(epsilon=1e-6, name="decoded")
    return lambda given, memory: head(norm(block(embed(given), memory)[:, START:]))


def make_forecaster(how="one_shot", *, rotary=True, normalized=True, causal=True):
    """(the model to train, the model to forecast with), which share their layers."""
    history, future = keras.Input((LOOKBACK,), name="history"), keras.Input((HORIZON,), name="future")
    mean, deviation = 0.0, 1.0
    if normalized:
        mean = ops.mean(history, axis=1, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(history - mean), axis=1, keepdims=True) + 1e-5)
    x = as_patches((history - mean) / deviation)
    encoded = make_block("encoder_0", rotary=rotary)(keras.layers.Dense(DIM, name="patches")(x))
    memory = keras.layers.LayerNormalization(epsilon=1e-6, name="memory")(encoded)
    decode, known = make_decoder(causal, rotary), x[:, -START - 1 :]

    def in_units(y):
        return ops.reshape(y, (-1, HORIZON)) * deviation + mean

    one_shot = decode(ops.concatenate([known] + [x[:, -1:]] * (AHEAD - 1), axis=1), memory)
    if how == "one_shot":
        return (keras.Model(history, in_units(one_shot)),) * 2
    # The truth, one patch late: each token may see the patch before the one that it has to tell.
    truth = as_patches((future - mean) / deviation)
    taught = decode(ops.concatenate([known, truth[:, :-1]], axis=1), memory)
    # Nobody knows the truth in production: each patch is given the model's own patch before.
    told, own = [], known
    for place in range(AHEAD):
        padded = ops.concatenate([own] + [ops.zeros_like(x[:, -1:])] * (AHEAD - 1 - place), axis=1)
        told.append(decode(padded, memory)[:, place : place + 1])
        own = ops.concatenate([own, told[-1]], axis=1)
    free = keras.Model(history, in_units(ops.concatenate(told, axis=1)))
    return (free if how == "free" else keras.Model([history, future], in_units(taught))), free


# %% [markdown]
# Again the proof: the project's `encoder_decoder`, of the sizes of its carbon dioxide config, with the same weights.
# (Its first layer is a convolution that moves on by a whole patch; a dense layer over a patch is the same thing, its
# kernel written in another shape.)


# %%
def copy_weights(source, target):
    for layer in target.layers:
        if layer.weights and layer.name != "standardization":
            weights = source.get_layer(layer.name).get_weights()
            layer.set_weights([w.reshape(v.shape) for w, v in zip(weights, layer.weights, strict=True)])


shape = ForecastShape(lookback=LOOKBACK, horizon=HORIZON, channels=1)
style = BlockStyle(heads=HEADS, hidden=HIDDEN, dropout=DROPOUT)
theirs = encoder_decoder(shape, style=style, patch=PATCH, dim=DIM, encoder_depth=1, decoder_depth=1)
ours, _ = make_forecaster()
copy_weights(theirs, ours)
expected = theirs({"history": test_x[:64, :, None]})["quantiles"][..., 0, 0]
np.testing.assert_allclose(ours(test_x[:64]), expected, atol=1e-3, rtol=0)
print(f"equal forecasts around {np.mean(expected):.0f} ppm; {ours.count_params():,} parameters")

# %% [markdown]
# The tolerance, a thousandth, is that of 32-bit numbers as large as 360.
#
# ## Results
#
# Adam, a rate that rises over two epochs and then falls along a cosine, mean absolute error as loss: close to the
# recipe of the project's config, which trains three quantiles and may stop early. [Custom training
# loops](02_custom_training.md) has what happens in there.


# %%
def train(how="one_shot", *, seed=SEED, peak=0.003, data=(train_x, train_y), **options):
    """Trains a forecaster; returns the model that was trained, the one that forecasts alone, and the seconds."""
    keras.utils.set_random_seed(seed)
    data = [part[:64] for part in data] if QUICK else list(data)
    model, free = make_forecaster(how, **options)
    steps = -(-len(data[0]) // 64)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=max(1, steps * (EPOCHS - 2)), warmup_target=peak, warmup_steps=steps * 2
    )
    model.compile(keras.optimizers.Adam(rate), loss="mae", jit_compile=False, run_eagerly=QUICK)
    began = time.perf_counter()
    model.fit(data if how == "taught" else data[0], data[1], batch_size=64, epochs=EPOCHS, verbose=0)
    return model, free, time.perf_counter() - began


def forecast(model, x=test_x):
    return np.asarray(model(x))


transformers, seconds = {}, []
for seed in SEEDS:
    transformers[seed], _, took = train(seed=seed)
    seconds.append(took)
errors = [mae(forecast(model)) for model in transformers.values()]
print(f"test error over seeds: {', '.join(f'{e:.3f}' for e in errors)} ppm; seasonal naive {naive_mae:.3f}")
if not QUICK:
    assert max(errors) < 0.5 * naive_mae

# %% [markdown]
# Every seed stays below half of the seasonal naive error, which this page asserts. So the thing works; whether it is
# a good *choice* is the question of the table below. First, look.

# %%
model = transformers[SEEDS[0]]
origin = len(test_x) - 40
figure, axis = plt.subplots(figsize=(7.5, 2.8))
axis.plot(range(-52, 0), test_x[origin, -52:], color=GREY, label="known")
axis.plot(range(HORIZON), test_truth[origin], color="black", label="what came")
axis.plot(range(HORIZON), forecast(model, test_x[origin : origin + 1])[0], color=BLUE, label="transformer")
axis.plot(range(HORIZON), test_x[origin, -SEASON : -SEASON + HORIZON], color=ORANGE, ls="--", label="seasonal naive")
axis.set(xlabel="weeks from the forecast", ylabel="CO₂, ppm")
axis.legend(frameon=False, fontsize=8, loc="lower center")
plt.show()

# %% [markdown]
# The seasonal naive forecast has the right shape a year too low. The transformer has shape and level.
#
# **What does it look at?** A sub-model that ends at the inputs of an attention layer lets us ask that layer for its
# weights.


# %%
def attention_of(model, name, x):
    """The weights of an attention layer, `[window, head, query, key]`."""
    layer = model.get_layer(name)
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    return np.asarray(layer.weights_of(*keras.Model(model.input, inputs)(x)))


seen = attention_of(model, "decoder_0_cross_attention", test_x)
np.testing.assert_allclose(seen.sum(-1), 1, atol=1e-5)
figure, axes = plt.subplots(1, HEADS, figsize=(7.5, 2.3), sharey=True, layout="constrained")
for head, axis in enumerate(axes):
    image = axis.imshow(seen[:, head, -AHEAD:].mean(0), cmap="cividis", vmin=0, vmax=seen[:, :, -AHEAD:].mean(0).max())
    axis.set(title=f"head {head + 1}", xlabel="quarters ago", xticks=range(8), xticklabels=range(8, 0, -1))
axes[0].set(yticks=range(AHEAD), yticklabels=["1st", "2nd"], ylabel="quarter to come")
figure.colorbar(image, ax=axes, shrink=0.6, label="weight")
plt.show()
found_year = [list(8 - head[-AHEAD:].argmax(-1)) == [4, 3] for head in seen.mean(0)]
if not QUICK:
    assert any(found_year)

# %% [markdown]
# One head has found the year: for the first quarter to come it looks four quarters back, for the second three, which
# is the same season of last year both times. Nobody told it that a year has four quarters.
#
# The same numbers come from the project's `attention_maps`, which `slipway backtest` draws for every layer and head.
# Read such pictures with care: a weight says where a head looked, not what it took from there, nor that the forecast
# would change without it (Jain and Wallace, 2019). Exercise 2 asks the model itself.

# %%
copy_weights(model, theirs)
maps = {found.layer: found.weights for found in attention_maps(theirs, {"history": test_x[:8, :, None]})}
np.testing.assert_allclose(maps["decoder_0_cross_attention"], seen[:8], atol=1e-4)

# %% [markdown]
# ## How to train a decoder
#
# One-shot decoding tells the whole horizon at once. The classic alternative tells a patch, takes it as known, and
# tells the next. It can be trained by *teacher forcing*, each patch given the true one before, or *free-running*, on
# its own forecasts. The first is easier to learn and trains a model for a world that production does not offer: there
# it must live on its own forecasts, mistakes included (*exposure bias*; *scheduled sampling* mixes both, Bengio et
# al., 2015).

# %%
test_filled = windows(series, eval_end, len(series))[1]
strategies = {"one-shot": (errors[0], errors[0])}
for how, name in (("taught", "teacher forcing"), ("free", "free-running")):
    trained, free, _ = train(how)
    inputs = [test_x, test_filled] if how == "taught" else test_x
    strategies[name] = (mae(forecast(trained, inputs)), mae(forecast(free)))
for name, (in_training, alone) in strategies.items():
    print(f"{name:16} as in training {in_training:.3f} ppm, on its own {alone:.3f} ppm")
if not QUICK:
    assert strategies["teacher forcing"][1] > strategies["teacher forcing"][0]
    assert np.ptp([alone for _, alone in strategies.values()]) < 0.1

# %% [markdown]
# What this page asserts: given the truth one patch late, the taught model looks better than it is on its own, and on
# their own the three lie within a tenth of a part per million of each other. With two patches to come there is little
# room for mistakes to grow, and the spread over seeds above is not much smaller than these differences. One-shot
# needs one pass where the others need one a patch, which is why the project's config takes it.
#
# ## Which to take
#
# Now the comparison that decides. **Holt-Winters** (1960) carries a level, a trend and a season of 52 values on from
# week to week, and corrects each by a share of the last error. These three shares are its parameters; they are chosen
# on the eval part.


# %%
def holt_winters(values, alpha, beta, gamma):
    """Forecasts from every week, made of the weeks before it: `[week, 26, parameters]`."""
    first, second = values[:SEASON].mean(), values[SEASON : 2 * SEASON].mean()
    trend = np.full(len(alpha), (second - first) / SEASON)
    level = first - trend * (SEASON + 1) / 2
    season = values[:SEASON, None] - level - trend * np.arange(1, SEASON + 1)[:, None]
    ahead, made = np.arange(1, HORIZON + 1)[:, None], []
    for week, value in enumerate(values):
        made.append(level + trend * ahead + season[(week + ahead[:, 0] - 1) % SEASON])
        error = value - made[-1][0]
        level, trend = level + trend + alpha * error, trend + alpha * beta * error
        season[week % SEASON] += gamma * (1 - alpha) * error
    return np.array(made)


line = np.arange(300) * 0.1
wave = np.sin(2 * np.pi * line * 10 / SEASON)
made = holt_winters(line + wave, np.array([0.3]), np.array([0.1]), np.array([0.2]))
np.testing.assert_allclose(made[:200, 5, 0], (line + wave)[5:205], atol=1e-9)

shares = np.array(np.meshgrid([0.05, 0.1, 0.2, 0.4], [0.0, 0.001, 0.003, 0.01], [0.1, 0.3, 0.5])).reshape(3, -1)
made = holt_winters(series.astype(np.float64), *shares)
_, eval_truth = windows(observed, train_end, eval_end)
eval_errors = [mae(made[train_end : eval_end - HORIZON + 1, :, i], eval_truth) for i in range(shares.shape[1])]
best = int(np.argmin(eval_errors))
holt_forecast = made[eval_end : len(series) - HORIZON + 1, :, best]
print(f"level, trend, season shares {shares[:, best]}: test error {mae(holt_forecast):.3f} ppm")

# %% [markdown]
# (The check before it: of a line with a wave it forecasts the line with the wave, whatever the shares.)
#
# **Linear regression**: each of the 26 weeks to come is a weighted sum of the 104 that are known, all less the last
# value. The weights have a closed form, a small penalty on their squares keeps them tame. Again with the proof
# against the project's own, which `slipway backtest` runs beside every network.


# %%
def ridge(x, y, penalty=1.0):
    """Weights `[105, 26]` of the known weeks and a constant."""
    last = x[:, -1:]
    inputs, targets = (x - last).astype(np.float64), (y - last).astype(np.float64)
    centre_x, centre_y = inputs.mean(0), targets.mean(0)
    a, b = inputs - centre_x, targets - centre_y
    weights = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ b)
    return np.vstack([weights, centre_y - centre_x @ weights])


def ridge_forecast(weights, x):
    return (x - x[:, -1:]) @ weights[:-1] + weights[-1] + x[:, -1:]


regression = ridge(train_x, train_y)
linear_forecast = ridge_forecast(regression, test_x)
theirs_linear = TRADITIONAL["linear regression on lags"](season=SEASON, lookback=LOOKBACK)
theirs_linear.fit(series[:train_end, None], HORIZON)
origins = range(eval_end, len(series) - HORIZON + 1)
np.testing.assert_allclose(
    linear_forecast, theirs_linear.forecast(series[:, None], origins, HORIZON)[..., 0], atol=5e-3
)

# %%
rows = {
    "last value": (repeat_mae, 0),
    "seasonal naive": (naive_mae, 0),
    "Holt-Winters": (mae(holt_forecast), 3),
    "linear regression": (mae(linear_forecast), regression.size),
    "transformer": (float(np.mean(errors)), model.count_params()),
}
print(f"{'forecaster':18} {'MAE, ppm':>9} {'of naive':>9} {'parameters':>11}")
for name, (error, parameters) in rows.items():
    print(f"{name:18} {error:9.3f} {error / naive_mae:9.2f} {parameters:11,}")
print(f"(the transformer: mean over {len(SEEDS)} seeds, {min(errors):.3f} to {max(errors):.3f})")
if not QUICK:
    assert rows["linear regression"][0] < min(errors)
    assert abs(rows["Holt-Winters"][0] - np.mean(errors)) < 0.1

# %%
figure, axis = plt.subplots(figsize=(7.5, 2.8))
by_week = {
    "seasonal naive": (test_x[:, -SEASON : -SEASON + HORIZON], GREY),
    "Holt-Winters": (holt_forecast, GREEN),
    "linear regression": (linear_forecast, ORANGE),
    "transformer": (forecast(model), BLUE),
}
for name, (made_by, colour) in by_week.items():
    axis.plot(range(1, HORIZON + 1), np.nanmean(np.abs(made_by - test_truth), axis=0), color=colour, label=name)
axis.set(xlabel="weeks ahead", ylabel="mean absolute error, ppm", ylim=(0, None))
axis.legend(frameon=False, fontsize=8, ncols=2, loc="upper right", bbox_to_anchor=(1, 0.9))
plt.show()

# %% [markdown]
# **The transformer does not win.** With every seed it loses to one matrix that is fitted in milliseconds, and a
# method of 1960 with three parameters is as good to within a tenth of a part per million. The project's own benchmark
# finds its full recipe behind the best traditional forecaster, too ([figures](../figures.md)). This is no accident of
# carbon dioxide; Zeng et al. (2023) found single linear layers ahead of the transformers of their day on nine data
# sets.
#
# When is it different? When what to do depends on what the window *shows*. A linear forecaster does the same with
# each window; attention compares the window with itself. Take waves of which each has a period of its own, somewhere
# from 8 to 40 weeks: no fixed weights fit all of them. The noise has a deviation of 0.1, so that even the clean wave
# misses by $0.1\sqrt{2/\pi} \approx 0.080$ on average.


# %%
def waves(count, random):
    """Windows of noisy waves, each with a period and a phase of its own."""
    period, phase = random.uniform(8, 40, (count, 1)), random.uniform(0, 2 * np.pi, (count, 1))
    clean = np.sin(2 * np.pi * np.arange(LOOKBACK + HORIZON) / period + phase)
    noisy = (clean + random.normal(0, 0.1, clean.shape)).astype(np.float32)
    return noisy[:, :LOOKBACK], noisy[:, LOOKBACK:]


wave_x, wave_y = waves(256 if QUICK else 4000, np.random.default_rng(1))
wave_test_x, wave_test_y = waves(1000, np.random.default_rng(2))
wave_model, _, _ = train(data=(wave_x, wave_y), peak=0.005)
wave_errors = {
    "linear regression": mae(ridge_forecast(ridge(wave_x, wave_y), wave_test_x), wave_test_y),
    "transformer": mae(forecast(wave_model, wave_test_x), wave_test_y),
}
print({name: round(error, 3) for name, error in wave_errors.items()}, "noise alone: 0.080")
if not QUICK:
    assert wave_errors["transformer"] < wave_errors["linear regression"]

# %% [markdown]
# | your data | take |
# |---|---|
# | a few series with a trend and a season | Holt-Winters, or a regression on lags: seconds to fit |
# | many series that go on alike, or very long ones | `nlinear` or `dlinear`: Zeng's linear layers, in this project |
# | many series, patterns that depend on the window | a transformer over patches, beside the linear one |
# | few rows, or nobody to look after a training | no transformer |
#
# ## Pitfalls
#
# ### A level that was never seen
#
# Nearly all test weeks lie above all training weeks. Without the window's own normalization, the network has to
# extrapolate, which networks do not do. Everything else is left as it was; the series is divided by its own mean and
# deviation over the train part, as one usually does.

# %%
centre, width = series[:train_end].mean(), series[:train_end].std()
scaled = ((train_x - centre) / width, (train_y - centre) / width)
unnormalized, _, _ = train(data=scaled, normalized=False)
level_mae = mae(forecast(unnormalized, (test_x - centre) / width) * width + centre)
print(f"without normalization {level_mae:.2f} ppm, with it {errors[0]:.2f}, seasonal naive {naive_mae:.2f}")
if not QUICK:
    assert level_mae > 2 * errors[0]

# %% [markdown]
# The mend is the three lines with `mean` and `deviation` above; in the project's configs it is `normalization:
# instance`, the default.
#
# ### A mask that was forgotten
#
# Teacher forcing gives the decoder the truth as input. Without the causal mask the token that is to tell a patch can
# look at that very patch, one place to the right. Here only the first of the two quarters is there to be seen, so
# that the error is not even suspiciously small. While it is taught, nothing looks wrong; on its own it is far worse.

# %%
leaky, leaky_free, _ = train("taught", causal=False)
leaky_mae = (mae(forecast(leaky, [test_x, test_filled])), mae(forecast(leaky_free)))
print("without a mask: taught {:.2f} ppm, on its own {:.2f}".format(*leaky_mae))
print("with it:        taught {:.2f} ppm, on its own {:.2f}".format(*strategies["teacher forcing"]))
if not QUICK:
    assert leaky_mae[0] < 1.1 * strategies["teacher forcing"][0]
    assert leaky_mae[1] > 1.25 * strategies["teacher forcing"][1]

# %% [markdown]
# The mend: the mask, and the test of causality from above in your test suite, where it needs no training: *change the
# future, and no earlier output moves*. No figure that is measured while the model is taught will show it.
#
# ### Windows dealt at random
#
# Neighbouring windows share 129 of their 130 weeks. Dealt to train and test at random, each test window has
# neighbours in the train part that hold its answer. The forecaster that is easiest to fool is the one that remembers:
# it looks up the most similar window that it knows, and says what came after that.


# %%
def most_similar(known_x, known_y, x):
    """What came after the known window that is nearest to each, all less the last value."""
    last, known_last = x[:, -1:], known_x[:, -1:]
    distances = np.square((x - last)[:, None] - (known_x - known_last)[None]).sum(-1)
    nearest = distances.argmin(1)
    return known_y[nearest] - known_last[nearest] + last


past_x, past_y = windows(series, 0, eval_end)
dealt = np.random.default_rng(SEED).permutation(len(past_x))
held_out, known = dealt[:200], dealt[200:]
dealt_mae = mae(most_similar(past_x[known], past_y[known], past_x[held_out]), past_y[held_out])
eval_x, eval_y = windows(series, train_end, eval_end)
time_mae = mae(most_similar(train_x, train_y, eval_x), eval_y)
print(f"dealt at random {dealt_mae:.2f} ppm, by time {time_mae:.2f} ppm: {time_mae / dealt_mae:.1f} times as much")
assert time_mae > 1.1 * dealt_mae

# %% [markdown]
# The mend: cut by time, as all figures of this page do. The project's sources cut series by time and refuse a test
# range that overlaps an earlier one.
#
# ### A bag of quarters
#
# Without positions the encoder cannot tell the last quarter from the first. Shuffle the history's first quarters,
# those that the decoder does not get itself: the forecast does not move at all.

# %%
mixed = np.concatenate([test_x[:32].reshape(32, 8, 13)[:, [2, 0, 1]].reshape(32, -1), test_x[:32, 39:]], axis=1)
bag, _ = make_forecaster(rotary=False)
ordered, _ = make_forecaster(rotary=True)
np.testing.assert_allclose(bag(mixed), bag(test_x[:32]), atol=1e-3)
assert np.abs(np.asarray(ordered(mixed)) - np.asarray(ordered(test_x[:32]))).max() > 0.01

# %% [markdown]
# ## What it costs
#
# Every query is held against every key: twice as long a look-back, four times the scores. They need not all be there
# at once. Go through the keys in chunks and keep, for each query, the highest score so far, the sum of the weights
# and the weighted sum of the values; where a higher score turns up, shrink what was summed (Rabe and Staats, 2021;
# FlashAttention does the same close to the processor).


# %%
def attend(query, key, value):
    scores = query @ key.T / query.shape[-1] ** 0.5
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights @ value / weights.sum(-1, keepdims=True)


def attend_in_chunks(query, key, value, chunk=128):
    highest = np.full((len(query), 1), -np.inf, np.float32)
    total, summed = np.zeros_like(highest), np.zeros_like(query)
    for start in range(0, len(key), chunk):
        scores = query @ key[start : start + chunk].T / np.float32(query.shape[-1] ** 0.5)
        above = np.maximum(highest, scores.max(-1, keepdims=True))
        weights, shrink = np.exp(scores - above), np.exp(highest - above)
        total = total * shrink + weights.sum(-1, keepdims=True)
        summed = summed * shrink + weights @ value[start : start + chunk]
        highest = above
    return summed / total


def peak_bytes(function, *arguments):
    """The most that NumPy held at a time, of which it tells Python's own tracer."""
    tracemalloc.start()
    function(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


lengths = (256, 512, 1024, 2048, 4096)
peaks = {attend: [], attend_in_chunks: []}
for length in lengths:
    three = random.normal(size=(3, length, 16)).astype(np.float32)
    np.testing.assert_allclose(attend_in_chunks(*three), attend(*three), atol=1e-5)
    for function, found in peaks.items():
        found.append(peak_bytes(function, *three) / 1e6)
lifted = [ops.convert_to_tensor(part[None, None]) for part in three]
np.testing.assert_allclose(attention.attend_in_chunks(*lifted, chunk=128)[0, 0], attend_in_chunks(*three), atol=1e-5)
assert 3.5 < peaks[attend][-1] / peaks[attend][-2] < 4.5
assert 1.5 < peaks[attend_in_chunks][-1] / peaks[attend_in_chunks][-2] < 2.5

figure, axis = plt.subplots(figsize=(7.5, 2.7))
for (function, found), colour in zip(peaks.items(), (ORANGE, BLUE), strict=True):
    axis.loglog(lengths, found, marker="o", color=colour, label=function.__name__)
axis.set(xlabel="tokens", ylabel="peak memory, MB", xticks=lengths, xticklabels=lengths)
axis.minorticks_off()
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# Doubling the length quadruples the peak of one and doubles that of the other, to the same result. With 8 patches
# instead of 104 weeks neither matters, which is the better answer where a patch is enough. What chunks and
# recomputation save of a whole training step stands in [the project's figures](../figures.md), measured by
# `benchmarks.attention_memory`; short sequences pay for chunks instead.

# %%
began = time.perf_counter()
for _ in range(20):
    model(test_x[:1])
one = (time.perf_counter() - began) / 20
print(f"training {np.mean(seconds):.0f} s for {EPOCHS} epochs; one forecast, called eagerly, {one * 1000:.0f} ms")
began = time.perf_counter()
ridge(train_x, train_y)
print(f"the regression: fitted in {time.perf_counter() - began:.3f} s")

# %% [markdown]
# These two lines are of the machine that made this page; the next section's files are what to serve, not an eager
# call.
#
# ## The same in production
#
# All of the above is a few lines of a config, `pipeline/configs/co2.yaml`; these are the ones that matter here:
#
# ```yaml
# options:
#   source: {kind: co2}
#   lookback: 104
#   horizon: 26
#   season: 52
#   quantiles: [0.1, 0.5, 0.9]          # an interval beside the forecast, see exercise 3
#   model: {kind: encoder_decoder, patch: 13, dim: 16, heads: 4, hidden: 32, encoder_depth: 1, decoder_depth: 1}
# evaluate:
#   gates:
#     mae_over_naive: {max: 0.5}         # not better than half of the seasonal naive error: no launch
# ```
#
# ```
# slipway run pipeline/configs/co2.yaml        # data gates, training, evaluation, TFLite, launch
# slipway backtest pipeline/configs/co2.yaml   # beside traditional forecasters, with attention drawn
# ```
#
# `positions: sinusoidal`, `chunk: 256`, `is_recomputed: true` and `decoding: autoregressive`, which is trained with
# scheduled sampling, are keys of `model`; `kind: nlinear` swaps the network for the matrix, and every gate stays.
# That the page's sizes are the config's is checked here, and that the project's own benchmark came out as told above:

# %%
home = Path(models.__file__).parents[1]
config = yaml.safe_load((home / "pipeline/configs/co2.yaml").read_text())
options = config["options"]
assert (options["lookback"], options["horizon"], options["season"]) == (LOOKBACK, HORIZON, SEASON)
assert options["model"] == {
    "kind": "encoder_decoder", "patch": PATCH, "dim": DIM, "heads": HEADS, "hidden": HIDDEN,
    "encoder_depth": 1, "decoder_depth": 1,
}  # fmt: skip
assert config["evaluate"]["gates"]["mae_over_naive"] == {"max": 0.5}
measured = {f["figure"]: f["value"] for f in json.loads((home / "benchmarks/results/co2.json").read_text())["figures"]}
assert measured["backtest: MASE over the best traditional forecaster's"] > 1

# %% [markdown]
# ## Key takeaways
#
# - Attention is a softmax of dot products and a weighted mean; heads, masks and positions are one line each, and each
#   has a property that a test can hold it to without training.
# - Positions are not an ornament: without them a series is a bag. Rotary ones make scores depend on distance alone.
# - Give the network shapes, not levels; cut by time; let no token see what it has to tell.
# - Hold it against the seasonal naive forecast, Holt-Winters and a regression on lags *first*. On one smooth series a
#   matrix wins.
# - Attention earns its price where what to do depends on the window, and there are many windows to learn that from.
# - Memory grows with the square of the tokens only if you let it: patches first, chunks where patches do not suffice.
#
# ## Exercises
#
# 1. Write causal attention as a plain loop over queries, without a mask, and show that it gives the same as
#    `attention_weights` with one.
# 2. Which quarter does the forecast need? Replace one of the eight quarters of the history at a time by a constant,
#    the mean of the quarter before it (for the first one: after it), and measure how much the forecast moves. Does it
#    move most where the cross-attention's weight is largest?
# 3. Write the pinball loss of a quantile $q$, $\max(q e, (q - 1) e)$ with $e$ the truth minus the forecast, and show
#    that the constant with the smallest mean loss over a sample is the sample's quantile.
#
# ## Solutions

# %%
# 1
q, k, v = random.normal(size=(3, 6, 4)).astype(np.float32)
by_loop = np.stack([attend(q[i : i + 1], k[: i + 1], v[: i + 1])[0] for i in range(6)])
by_mask = np.asarray(attention_weights(ops.convert_to_tensor(q), ops.convert_to_tensor(k), np.tri(6, dtype=bool))) @ v
np.testing.assert_allclose(by_loop, by_mask, atol=1e-6)

# %%
# 2
whole, moved = forecast(model), []
for quarter in range(8):
    flat = test_x.reshape(-1, 8, PATCH).copy()
    flat[:, quarter] = flat[:, quarter - 1 if quarter else 1].mean(-1, keepdims=True)
    moved.append(float(np.abs(forecast(model, flat.reshape(-1, LOOKBACK)) - whole).mean()))
looked_at = seen[:, :, -AHEAD:].mean((0, 1, 2))
print("quarters ago ", *(f"{8 - i:6}" for i in range(8)))
print("moves by, ppm", *(f"{m:6.2f}" for m in moved))
print("weight       ", *(f"{w:6.2f}" for w in looked_at))
assert len(moved) == 8
if not QUICK:
    assert int(np.argmax(moved)) == 7

# %% [markdown]
# The last quarter moves the forecast most, and by a hair has the largest weight, too. But the oldest has nearly the
# same weight and moves the forecast less than a third as much, and less than all others but one. The decoder has the
# last five quarters as its own input, so the forecast depends on them whatever the cross-attention says. That is why
# a weight is no explanation.

# %%
# 3
sample, q = random.exponential(size=4001), 0.9
candidates = np.linspace(0, 5, 1001)
gap = sample[:, None] - candidates
pinball = np.maximum(q * gap, (q - 1) * gap).mean(0)
assert abs(candidates[np.argmin(pinball)] - np.quantile(sample, q)) < 0.01

# %% [markdown]
# ## Further reading
#
# - Vaswani et al., 2017, *Attention Is All You Need*, arXiv 1706.03762
# - Su et al., 2021, *RoFormer: Enhanced Transformer with Rotary Position Embedding*, arXiv 2104.09864
# - Xiong et al., 2020, *On Layer Normalization in the Transformer Architecture*, arXiv 2002.04745
# - Zhou et al., 2021, *Informer: Beyond Efficient Transformer for Long Sequence Time-Series Forecasting*, arXiv
#   2012.07436
# - Nie et al., 2023, *A Time Series is Worth 64 Words* (PatchTST), arXiv 2211.14730
# - Zeng et al., 2023, *Are Transformers Effective for Time Series Forecasting?*, arXiv 2205.13504
# - Kim et al., 2022, *Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution
#   Shift*
# - Bengio et al., 2015, *Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks*, arXiv 1506.03099
# - Rabe and Staats, 2021, *Self-attention Does Not Need O(n²) Memory*, arXiv 2112.05682
# - Jain and Wallace, 2019, *Attention is not Explanation*, arXiv 1902.10186
# - Winters, 1960, *Forecasting Sales by Exponentially Weighted Moving Averages*
#
# On: [few-shot learning](05_few_shot_learning.md), [from a notebook to a pipeline that
# refuses](06_from_notebook_to_pipeline.md); and the reference, [forecasting](../forecasting.md).
