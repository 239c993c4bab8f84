# %% [markdown]
# # Custom training: a loop that you can leave alone at night
#
# You write the training loop that `fit` hides, one part after the other: step, losses, schedules, optimizers, early
# stopping, guards, checkpoints, logs. Each part is small, and each is proved equal to the one that a library gives
# you. At the end it resumes to the bit after a kill, survives bad numbers and a full disk, and is as fast as `fit`.
#
# *Time*: about a minute on one core. *Seed*: 0, and 1 and 2 where spread matters. *Data*: 1,797 scans of digits
# that ship with scikit-learn; nothing to download. *You need*: [guide 1](01_architectures.md), or to know what a layer
# and a gradient are. *The project* is Slipway, pipelines on TensorFlow Extended, to which this page belongs; what you
# write is compared with its package `training`.
#
# The other guides: [1 architectures](01_architectures.md),
# [3 optimization and deployment](03_optimization_and_deployment.md),
# [4 transformers for time series](04_time_series_transformers.md), [5 few-shot learning](05_few_shot_learning.md),
# [6 from a notebook to a pipeline](06_from_notebook_to_pipeline.md).

# %%
import os
import tempfile
import time
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import sklearn.datasets
import tensorflow as tf
import yaml

from training import CheckpointStore, EarlyStopping, Loop, SupervisedObjective
from training.errors import BadBatchError, CheckpointWriteError
from training.gap_ratio import gap_ratio
from training.intermediate import ProjectionHead, with_projection
from training.losses.contrastive import SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.regression import Huber, Pinball
from training.optimizers import optimizer as project_optimizer
from training.options import OptimizerOptions, RecoveryOptions, ScheduleOptions, StepOptions, TrainOptions
from training.schedules import schedule as project_schedule

QUICK = os.environ.get("GUIDE") == "quick"
SEED = 0
SEEDS = (0,) if QUICK else (0, 1, 2)
EPOCHS = 2 if QUICK else 40
BATCH = 50
BLUE, ORANGE, GREEN, PINK, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#7f7f7f"
plt.rcParams.update({"figure.figsize": (7, 2.8), "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

# %% [markdown]
# ## The problem
#
# Scans were labelled in a hurry: of the 400 that may be used for training, three in ten got a label at random, which
# now and then is the right one, and otherwise wrong. Training must therefore stop before the network has learned the
# mistakes by heart; it should use a loss that `fit` does not have; and it runs at night, on a machine whose disk fills
# up and whose power fails. The other 1,397 scans, with right labels, are cut in two: one half decides when to stop
# (*held out*), the other tells what came out (*test*).

# %%
digits = sklearn.datasets.load_digits()
scans = (digits.data / 16).astype("float32")
random = np.random.default_rng(SEED)
order = random.permutation(len(scans))
train, held_out, test = order[:400], order[400:1100], order[1100:]
labels = digits.target.copy()
wrong = train[random.random(len(train)) < 0.3]
labels[wrong] = random.integers(0, 10, len(wrong))
figure, axes = plt.subplots(1, 12, figsize=(7, 1.1))
for axis, index in zip(axes, train[:12], strict=True):
    axis.imshow(scans[index].reshape(8, 8), cmap="gray_r")
    axis.set_title(str(labels[index]), fontsize=9, color=BLUE if labels[index] == digits.target[index] else RED)
    axis.axis("off")
plt.show()
print(f"{np.mean(labels[train] != digits.target[train]):.0%} of the training labels are wrong (red)")

# %% [markdown]
# The network is a plain one with two hidden layers, big enough to learn 400 scans by heart: the subject here is the
# loop.


# %%
def network(seed=SEED):
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((64,), name="pixels")
    h = keras.layers.Dense(128, activation="relu")(pixels)
    h = keras.layers.Dense(128, activation="relu", name="embedding")(h)
    return keras.Model({"pixels": pixels}, {"logits": keras.layers.Dense(10, name="logits")(h)})


def accuracy(model, indices=test):
    logits = model({"pixels": scans[indices]})["logits"].numpy()
    return float(np.mean(logits.argmax(-1) == digits.target[indices]))


# %% [markdown]
# ## When `fit` is enough
#
# Often. It knows callbacks, class weights, schedules, several losses by name and several devices. Write your own loop
# when the *step* is another one (two optimizers, gradients of gradients, a loss across the batch on an inner layer),
# or when what happens *around* the steps must be yours: going back after NaN, resuming in the middle of an epoch,
# stopping by a rule of your own. For a step that is merely unusual, overriding `train_step` keeps the rest of `fit`.

# %%
by_fit = network()
loss_of_fit = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
by_fit.compile(keras.optimizers.Adam(2e-3), {"logits": loss_of_fit})
by_fit.fit({"pixels": scans[train]}, {"logits": labels[train]}, batch_size=BATCH, epochs=EPOCHS, verbose=0)
fit_accuracy = accuracy(by_fit)
print(f"fit, {EPOCHS} epochs: test accuracy {fit_accuracy:.3f}")

# %% [markdown]
# ## A step by hand
#
# A step is four lines: forward, loss, gradients, update. A `GradientTape` writes down what is computed and plays it
# backwards. For a linear classifier with weights $W$ and the mean cross-entropy over $n$ examples the gradient is
# known, $x^\top (\mathrm{softmax}(xW) - y) / n$, so let us see whether the tape agrees.

# %%
weights = tf.Variable(np.random.default_rng(SEED).normal(size=(64, 10)) * 0.1, dtype=tf.float32)
x, y = scans[train[:BATCH]], np.eye(10, dtype="float32")[labels[train[:BATCH]]]
with tf.GradientTape() as tape:
    losses = tf.nn.softmax_cross_entropy_with_logits(y, x @ weights)
    mean = tf.reduce_mean(losses)
by_tape = tape.gradient(mean, weights)
by_formula = x.T @ (tf.nn.softmax(x @ weights).numpy() - y) / BATCH
np.testing.assert_allclose(by_tape, by_formula, atol=1e-6)

# %% [markdown]
# Now a step for any model, and the batches for it. The order of an epoch is computed from the seed and the epoch's
# number, not drawn from a generator that moves on: this one decision makes resuming easy later.


# %%
def batch_of(step, seed=SEED, inputs=scans, targets=labels):
    """The batch that comes after `step` steps: a function, without memory."""
    epoch, number = divmod(step, len(train) // BATCH)
    order = np.random.default_rng([seed, epoch]).permutation(train)
    chosen = order[number * BATCH : (number + 1) * BATCH]
    return inputs[chosen], targets[chosen]


def make_step(model, optimizer, loss_function):
    variables = model.trainable_variables

    @tf.function
    def step(pixels, label):
        with tf.GradientTape() as tape:
            outputs = model({"pixels": pixels}, training=True)
            loss = tf.reduce_mean(loss_function(label, outputs))
        # The tape knows TensorFlow's variables, which are the `value` of Keras's.
        optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return loss

    return step


def train_for(model, step, steps, start=0, **batch_options):
    return [float(step(*batch_of(number, **batch_options))) for number in range(start, start + steps)]


# %% [markdown]
# Is it right? The project's `Loop` has many options around the same four lines. It takes its data as a function from a
# step to the batches that come after it, and its forward pass and loss as an *objective*; after each epoch it hands out
# a *record* of training and held-out loss. Both loops train the same start on the same batches; the weights must agree.


# %%
def cross_entropy(label, outputs):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, outputs["logits"])


def batches(seed=SEED, inputs=scans, targets=labels):
    """The same batches for the project's loop, from any step on."""

    def after(step):
        def generate():
            number = step
            while True:
                pixels, label = batch_of(number, seed, inputs, targets)
                yield {"pixels": pixels}, label
                number += 1

        shapes = ({"pixels": tf.TensorSpec((BATCH, 64))}, tf.TensorSpec((BATCH,), tf.int64))
        return tf.data.Dataset.from_generator(generate, output_signature=shapes)

    return after


held_out_set = tf.data.Dataset.from_tensor_slices(({"pixels": scans[held_out]}, digits.target[held_out])).batch(350)
STEPS = len(train) // BATCH


def project_loop(model, optimizer, loss=cross_entropy, **options):
    objective = SupervisedObjective(loss=loss, metrics={})
    return Loop(model=model, objective=objective, optimizer=optimizer, **options)


def run(loop, epochs, train_batches=None):
    """All epochs of the project's loop; returns their records."""
    data = {"train": train_batches or batches(), "evaluation": held_out_set}
    return list(loop.epochs(**data, epochs=epochs, steps_per_epoch=STEPS))


# %%
ours, theirs = network(), network()
step = make_step(ours, keras.optimizers.SGD(0.1), cross_entropy)
losses = train_for(ours, step, STEPS)
[record] = run(project_loop(theirs, keras.optimizers.SGD(0.1)), epochs=1)
for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
    np.testing.assert_allclose(a, b, atol=1e-6)
np.testing.assert_allclose(np.mean(losses), record.train["loss"], rtol=1e-5)
print(f"after {STEPS} steps the weights are equal; mean loss {record.train['loss']:.4f}")

# %% [markdown]
# ## Losses: what you ask for is what you get
#
# A loss is a question. The squared error asks for the mean, the absolute one for the median, the pinball loss for a
# quantile. Cross-entropy asks for probabilities; label smoothing asks for less certain ones; the focal loss leaves
# alone what is already right.

# %%
logits = np.random.default_rng(SEED).normal(size=(6, 10)).astype("float32")
target = np.arange(6)
log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
one_hot = np.eye(10)[target]


def smoothed(share):
    return -np.sum((one_hot * (1 - share) + share / 10) * log_p, axis=-1)


def focal(gamma):
    return -np.sum(one_hot * (1 - np.exp(log_p)) ** gamma * log_p, axis=-1)


np.testing.assert_allclose(smoothed(0.1), CrossEntropy(label_smoothing=0.1)(target, logits), rtol=1e-5)
np.testing.assert_allclose(focal(2.0), Focal(gamma=2.0)(target, logits), rtol=1e-5)
errors = np.linspace(-3, 3, 7, dtype="float32")[:, np.newaxis]
huber = np.where(np.abs(errors) < 1, errors**2 / 2, np.abs(errors) - 0.5)
pinball = np.maximum(0.9 * errors, -0.1 * errors)
np.testing.assert_allclose(huber[:, 0], Huber()(errors, np.zeros_like(errors)), rtol=1e-5)
np.testing.assert_allclose(pinball[:, 0], Pinball(levels=(0.9,))(errors, np.zeros_like(errors)), rtol=1e-5)

# %% [markdown]
# That these losses ask for mean, median and quantile needs no belief: among many candidates for one number, see which
# has the lowest loss on a skewed sample.

# %%
sample = np.random.default_rng(SEED).exponential(size=2000)
candidates = np.linspace(0, 4, 2001)
differences = sample - candidates[:, np.newaxis]
lowest = {
    "squared": candidates[np.argmin(np.mean(differences**2, axis=1))],
    "absolute": candidates[np.argmin(np.mean(np.abs(differences), axis=1))],
    "pinball 0.9": candidates[np.argmin(np.mean(np.maximum(0.9 * differences, -0.1 * differences), axis=1))],
}
asked = {"squared": sample.mean(), "absolute": np.median(sample), "pinball 0.9": np.quantile(sample, 0.9)}
for name, value in lowest.items():
    print(f"{name:<12} lowest at {value:.3f}; the sample's {asked[name]:.3f}")
    assert abs(value - asked[name]) < 0.01

# %% [markdown]
# And with wrong labels? Three classification losses, trained as long as `fit` was above, over seeds.

# %%
questions = {
    "cross-entropy": CrossEntropy(),
    "smoothed 0.3": CrossEntropy(label_smoothing=0.3),
    "focal 2": Focal(gamma=2.0),
}
by_loss = {}
for name, question in questions.items():
    by_loss[name] = []
    for seed in SEEDS:
        model = network(seed)
        step = make_step(model, keras.optimizers.Adam(2e-3), lambda label, out, q=question: q(label, out["logits"]))
        train_for(model, step, EPOCHS * STEPS, seed=seed)
        by_loss[name].append(accuracy(model))
    print(f"{name:<14} {np.mean(by_loss[name]):.3f}  seeds: {'  '.join(f'{value:.3f}' for value in by_loss[name])}")
by_smoothing = np.mean(by_loss["smoothed 0.3"]) - np.mean(by_loss["cross-entropy"])
by_focus = np.mean(by_loss["focal 2"]) - np.mean(by_loss["cross-entropy"])
if not QUICK:
    assert 0 < by_smoothing < 0.07
    assert -0.1 < by_focus < -0.01

# %% [markdown]
# Smoothing is worth about three points, and the focal loss costs about five (this page fails if they leave 0 to 7,
# and 1 to 10). The focal loss insists on the hardest examples, and the hardest of all are those whose label is wrong.
# But all three learn the mistakes if they are given the time, which is why stopping matters more than the loss: see
# below.
#
# ## Inner outputs, a projection head, and a contrastive loss
#
# A contrastive loss does not look at the answer but at an *inner* layer: embeddings of the same digit should lie
# together, those of different digits apart. It compares all examples of a batch with each other, on a layer that is no
# output of the model, so that the model is given one more. A small *projection head* stands between the layer and the
# loss: what the contrast makes it forget, such as how a digit was written, the embedding may keep. The head is thrown
# away after training.
#
# ```mermaid
# flowchart LR
#   x[scan] --> h1[dense] --> e["embedding"] --> logits --> ce["cross-entropy"] --> sum(("+"))
#   e --> head["projection head"] --> sc["contrastive loss"] --> sum
# ```


# %%
def supervised_contrast(label, embeddings, temperature=0.1):
    """For each example: minus the mean log-share that its positives have among all others' similarities."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    similarity = unit @ unit.T / temperature
    np.fill_diagonal(similarity, -np.inf)
    log_share = similarity - np.log(np.exp(similarity).sum(1, keepdims=True))
    result = []
    for i in range(len(label)):
        positives = [j for j in range(len(label)) if j != i and label[j] == label[i]]
        result.append(-np.mean(log_share[i, positives]) if positives else 0.0)
    return np.array(result)


some = np.random.default_rng(SEED).normal(size=(12, 5)).astype("float32")
some_labels = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 3, 2, 1])
np.testing.assert_allclose(supervised_contrast(some_labels, some), SupCon()(some_labels, some), rtol=1e-4, atol=1e-5)

# %%
by_contrast = {"cross-entropy": [], "with contrast": []}
for seed in SEEDS:
    for name, weight in (("cross-entropy", 0.0), ("with contrast", 0.5)):
        model = network(seed)
        # The same layers, with the head's "projection" beside the "logits".
        both = with_projection(model, layer="embedding", head=ProjectionHead(hidden=32, dim=16))
        contrast = SupCon()

        def total(label, out, weight=weight, contrast=contrast):
            return cross_entropy(label, out) + weight * contrast(label, out["projection"])

        step = make_step(both, keras.optimizers.Adam(2e-3), total)
        train_for(both, step, (2 if QUICK else 10) * STEPS, seed=seed)
        by_contrast[name].append(accuracy(model))
for name, values in by_contrast.items():
    print(f"{name:<14} {np.mean(values):.3f}  seeds: {'  '.join(f'{value:.3f}' for value in values)}")
contrast_gain = np.mean(by_contrast["with contrast"]) - np.mean(by_contrast["cross-entropy"])
if not QUICK:
    assert abs(contrast_gain) < 0.03


# %%
def on_two_axes(model):
    inner = keras.Model(model.input, model.get_layer("embedding").output)({"pixels": scans[test]}).numpy()
    centred = inner - inner.mean(0)
    # Of the 128 axes of an embedding, turned, the two along which it varies most.
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


figure, axes = plt.subplots(1, 2, figsize=(7, 3), dpi=70)
for axis, (name, shown) in zip(axes, (("untrained", network()), ("with contrast", model)), strict=True):
    places = on_two_axes(shown)
    axis.scatter(*places.T, c=digits.target[test], cmap="tab10", s=3)
    axis.set(title=name, xlabel="first principal axis", ylabel="second", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# Each colour is a digit: training has drawn them together (cross-entropy does some of that by itself, so the picture
# does not say how much is contrast's). For the accuracy contrast is worth nothing that could be told from the spread of
# seeds (this page fails beyond 3 points either way): with three labels in ten wrong it also pulls together what does
# not belong together. Its strength is elsewhere, where embeddings are compared or used again.
#
# ## Warm-up and schedules
#
# Adam's first steps are as long as the rate allows, whatever the gradients say: its averages know nothing yet. A
# warm-up keeps these steps short, and a cosine lets the last ones be short again. Two others for comparison:
# *one-cycle* rises and falls along half cosines, *exponential* falls by the same factor in each epoch.


# %%
def warmup_then_cosine(step, peak, warmup, total):
    if step < warmup:
        return peak * step / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * min(1, (step - warmup) / (total - warmup))))


options = ScheduleOptions(kind="cosine", warmup_epochs=2)
theirs = project_schedule(options, peak=0.01, steps_per_epoch=STEPS, total_steps=20 * STEPS)
numbers = np.arange(20 * STEPS)
ours = [warmup_then_cosine(number, 0.01, 2 * STEPS, 20 * STEPS) for number in numbers]
np.testing.assert_allclose(ours, [float(theirs(number)) for number in numbers], atol=1e-7)
for kind, colour in (("cosine", BLUE), ("one_cycle", ORANGE), ("exponential", GREEN)):
    shape = ScheduleOptions(kind=kind, warmup_epochs=2)
    rate = project_schedule(shape, peak=0.01, steps_per_epoch=STEPS, total_steps=20 * STEPS)
    plt.plot(numbers, [float(rate(number)) for number in numbers], color=colour, label=kind)
plt.xlabel("step")
plt.ylabel("learning rate")
plt.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Optimizers, with and without weight decay
#
# Adam divides a running mean of the gradients by the root of a running mean of their squares. Weight decay in the
# loss (*L2*) goes through that division and loses its meaning: parameters with large gradients hardly decay.
# *Decoupled* decay (AdamW) shrinks the weights apart from the division.


# %%
def adam_step(weight, gradient, state, rate, decay=0.0, b1=0.9, b2=0.999, epsilon=1e-7):
    state["n"] += 1
    state["m"] = b1 * state["m"] + (1 - b1) * gradient
    state["v"] = b2 * state["v"] + (1 - b2) * gradient**2
    rate_now = rate * np.sqrt(1 - b2 ** state["n"]) / (1 - b1 ** state["n"])
    return weight - rate * decay * weight - rate_now * state["m"] / (np.sqrt(state["v"]) + epsilon)


for decay in (0.0, 0.1):
    start = np.random.default_rng(SEED).normal(size=(3, 4)).astype("float32")
    variable = keras.Variable(start)
    theirs = project_optimizer(OptimizerOptions(kind="adam", weight_decay=decay), learning_rate=0.01)
    theirs.build([variable])
    weight, state = start.astype("float64"), {"n": 0, "m": 0.0, "v": 0.0}
    for number in range(10):
        gradient = np.random.default_rng(number).normal(size=(3, 4)).astype("float32")
        weight = adam_step(weight, gradient, state, 0.01, decay)
        theirs.apply([tf.constant(gradient)], [variable])
    np.testing.assert_allclose(weight, variable.numpy(), atol=1e-5)

# %% [markdown]
# Equal to the project's, with and without decay. The difference between L2 and decoupled decay, on two weights whose
# gradients are pure noise, one a hundred times louder than the other:

# %%
shrunk = {}
for name in ("L2 in the loss", "decoupled"):
    weight, state = np.ones(2), {"n": 0, "m": np.zeros(2), "v": np.zeros(2)}
    noise = np.random.default_rng(SEED).normal(size=(1000, 2)) * [0.1, 10.0]
    for gradient in noise:
        if name == "decoupled":
            weight = adam_step(weight, gradient, state, 1e-3, decay=1.0)
        else:
            weight = adam_step(weight, gradient + 1.0 * weight, state, 1e-3)
    shrunk[name] = weight
    print(f"{name:<15} quiet weight {weight[0]:.2f}, loud weight {weight[1]:.2f}")
assert abs(shrunk["decoupled"][0] - shrunk["decoupled"][1]) < 0.2
assert shrunk["L2 in the loss"][1] - shrunk["L2 in the loss"][0] > 0.4

# %% [markdown]
# Decoupled, both shrink alike; by L2 the quiet weight shrinks far more, and the loud one is hardly touched.
#
# ## When to stop
#
# *Patience*: stop when the held-out loss has had no new lowest value for so many epochs, and go back to the weights
# of the lowest. *The gap ratio*, (held-out loss − training loss) / training loss, asks how far the two have parted.


# %%
class Patience:
    def __init__(self, epochs):
        self.epochs, self.best, self.since = epochs, float("inf"), 0

    def should_stop(self, loss):
        self.since = 0 if loss < self.best else self.since + 1
        self.best = min(loss, self.best)
        return self.since >= self.epochs


history = [3.0, 2.0, 2.5, 1.9, 2.0, 1.95, 2.2, 1.0]
ours, theirs, stops = Patience(3), EarlyStopping(patience=3), []
for value in history:
    theirs.update(value)
    stops.append(ours.should_stop(value))
    assert stops[-1] == theirs.should_stop
print("stops after epoch", stops.index(True) + 1, "and never sees the 1.0 that would have come")
np.testing.assert_allclose(gap_ratio(0.5, 0.8), (0.8 - 0.5) / 0.5)

# %%
tired = network()
loop = project_loop(tired, project_optimizer(OptimizerOptions(weight_decay=0.0), learning_rate=2e-3))
records = run(loop, epochs=EPOCHS)
stopped = network()
stopping = {"early_stopping": EarlyStopping(patience=5)}
loop = project_loop(stopped, project_optimizer(OptimizerOptions(weight_decay=0.0), learning_rate=2e-3), **stopping)
stopped_records = run(loop, epochs=EPOCHS)
epochs = [record.epoch for record in records]
best = min(records, key=lambda record: record.evaluation["loss"]).epoch

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.8))
left.plot(epochs, [record.train["loss"] for record in records], color=BLUE, label="training (3 in 10 wrong)")
left.plot(epochs, [record.evaluation["loss"] for record in records], color=ORANGE, label="held out (right labels)")
left.axvline(best, color=GREY, linestyle=":")
left.axvline(len(stopped_records), color=RED, linestyle=":")
left.set(xlabel="epoch", ylabel="loss")
left.legend(fontsize=8, framealpha=1, edgecolor="white")
right.plot(epochs, [record.gap_ratio for record in records], color=GREEN)
right.set(xlabel="epoch", ylabel="gap ratio")
figure.tight_layout()
plt.show()
all_epochs, early = accuracy(tired), accuracy(stopped)
print(f"all {EPOCHS} epochs: {all_epochs:.3f}; stopped after {len(stopped_records)}, back to {best}: {early:.3f}")
if not QUICK:
    assert len(stopped_records) == best + 5
    assert 0.03 < early - all_epochs < 0.13
    assert records[-1].gap_ratio > 0.2 > -0.1 > records[best - 1].gap_ratio

# %% [markdown]
# The first dotted line is the best epoch, the second where patience ran out. From there on the network learns the
# wrong labels: the training loss goes on falling, and the held-out loss rises again. On the test scans, stopping in
# time is worth about eight points: more than any of the losses. The gap ratio is below zero for long (the held-out
# labels are right, and so easier) and becomes positive when learning has turned into memorizing. Which bound to set
# depends on the problem: here 0 is late already, elsewhere 0.5 is early.
#
# ## Errors: what a night may bring
#
# ### Numbers that are none
#
# After one step with a loss that is NaN, every weight is NaN. The remedy is a copy of the last good state, and a
# smaller rate after going back to it. A state is good once a loss computed with it was *seen* to be good: weights can
# be finite and beyond rescue.


# %%
def train_guarded(model, rate, steps, factor=0.1):
    """Goes back whenever the loss is no number, or ten times the first; returns losses and the rates that were used."""
    optimizer = keras.optimizers.SGD(rate)
    step = make_step(model, optimizer, cross_entropy)
    good, losses, rates, number = model.get_weights(), [], [], 0
    while number < steps:
        before = model.get_weights()
        losses.append(float(step(*batch_of(number))))
        rates.append(float(optimizer.learning_rate))
        if losses[-1] < 10 * losses[0]:  # Which NaN is not.
            good, number = before, number + 1
        else:
            model.set_weights(good)
            optimizer.learning_rate.assign(optimizer.learning_rate * factor)
    return losses, rates


survivor = network()
losses, rates = train_guarded(survivor, 1e6, 2 * STEPS)
print(f"rate {rates[0]:.0e} → {rates[-1]:.0e}, {len(losses) - 2 * STEPS} steps taken back")
assert rates[-1] < rates[0]
assert all(np.all(np.isfinite(weight)) for weight in survivor.get_weights())

# %% [markdown]
# NaN can also hide. One missing pixel in one scan, and look at the losses:

# %%
broken = scans.copy()
broken[train[7], 3] = np.nan
unaware = network()
step = make_step(unaware, keras.optimizers.SGD(0.1), cross_entropy)
losses = train_for(unaware, step, 2 * STEPS, inputs=broken)
spoiled = sum(int(np.isnan(weight).sum()) for weight in unaware.get_weights())
print(f"all losses finite: {np.all(np.isfinite(losses))}; weights that are NaN: {spoiled}")
assert spoiled >= 128

# %% [markdown]
# On CPUs a ReLU makes zero of NaN. Each of the 128 units of the first layer has one weight that is NaN now, so each
# puts out zero for every scan: the loss never shows it, and the network trains on without a first layer worth the
# name. So look at the weights too, at the end of each epoch. The project's loop looks at losses and at weights; and
# because going back does not help where the *data* is bad, it first searches the batches since the last good state,
# and names the bad one.

# %%
loop = project_loop(network(), keras.optimizers.SGD(0.1), recovery=RecoveryOptions(rollbacks=3))
try:
    run(loop, epochs=2, train_batches=batches(inputs=broken))
    told = ""
except BadBatchError as error:
    told = str(error)
print(told)
assert "1 NaN" in told

# %% [markdown]
# ### A full disk
#
# Linux has a device that is always full, `/dev/full`, so that this can be tried. Whoever writes over the only
# checkpoint has none afterwards. Write beside it, and rename when all is written: a rename happens wholly or not at
# all.


# %%
def careless_save(path, content, device=None):
    path.write_bytes(b"")  # The old one is gone.
    (device or path).write_bytes(content)


def careful_save(path, content, device=None):
    beside = path.with_suffix(".tmp")
    (device or beside).write_bytes(content)
    beside.replace(path)


folder = Path(tempfile.mkdtemp())
left = {}
for save in (careless_save, careful_save):
    path = folder / "checkpoint"
    path.write_bytes(b"the last good state")
    try:
        save(path, b"the next state", device=Path("/dev/full"))
    except OSError as error:
        left[save.__name__] = path.read_bytes()
        print(f"{save.__name__}: {error.strerror}; left: {left[save.__name__]}")
assert left == {"careless_save": b"", "careful_save": b"the last good state"}

# %% [markdown]
# The project's store writes so, in a thread of its own, and says what to do. Here something stands where its
# directory should be:

# %%
(folder / "occupied").write_bytes(b"")
loop = project_loop(network(), keras.optimizers.SGD(0.1), checkpoints=CheckpointStore(folder / "occupied" / "run"))
try:
    run(loop, epochs=1)
    told = ""
except CheckpointWriteError as error:
    told = str(error)
print(told.replace(str(folder), "FOLDER"))
assert "Earlier checkpoints" in told

# %% [markdown]
# ## Checkpoints that resume to the bit
#
# What is the state of a training? The weights, the optimizer's averages, its step count, every random generator, and
# the place in the data. Leave out one, and the resumed training is another training. Ours has no generator (the batch
# is a function of the step), so weights, optimizer and step are all.


# %%
def state_of(model, optimizer, step):
    return {"model": model.get_weights(), "optimizer": [v.numpy() for v in optimizer.variables], "step": step}


def resume(state, seed=SEED + 99, *, with_optimizer=True):
    """A new process: another start, then everything from the state."""
    model = network(seed)
    model.set_weights(state["model"])
    optimizer = keras.optimizers.Adam(2e-3)
    optimizer.build(model.trainable_variables)
    if with_optimizer:
        for variable, value in zip(optimizer.variables, state["optimizer"], strict=True):
            variable.assign(value)
    return model, make_step(model, optimizer, cross_entropy)


def weights_that_differ(a, b):
    return sum(int(np.sum(x != y)) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


# %%
HALF = STEPS + 3
whole, optimizer = network(), keras.optimizers.Adam(2e-3)
step = make_step(whole, optimizer, cross_entropy)
train_for(whole, step, HALF)
state = state_of(whole, optimizer, HALF)
train_for(whole, step, HALF, start=HALF)
resumed, step = resume(state)
train_for(resumed, step, HALF, start=state["step"])
forgetful, step = resume(state, with_optimizer=False)
train_for(forgetful, step, HALF, start=state["step"])
print("weights that differ:", weights_that_differ(whole, resumed), "with everything,")
print("                    ", weights_that_differ(whole, forgetful), "where the optimizer was forgotten,")
assert weights_that_differ(whole, resumed) == 0
assert weights_that_differ(whole, forgetful) > 10_000

# %% [markdown]
# Zero: not close, but the same bits, and that in the middle of an epoch. The project's loop keeps the same promise,
# on disk. It looks for the newest checkpoint in its folder by itself:


# %%
def trained_in(folder, *epochs):
    """One process after another, each up to an epoch, each a new model from the same folder."""
    for upto in epochs:
        model = network(SEED)
        loop = project_loop(model, keras.optimizers.Adam(2e-3), checkpoints=CheckpointStore(folder))
        run(loop, epochs=upto)
    return model


at_once, in_parts = trained_in(folder / "at_once", 4), trained_in(folder / "in_parts", 1, 3, 4)
print("the project's loop, weights that differ:", weights_that_differ(at_once, in_parts))
assert weights_that_differ(at_once, in_parts) == 0

# %% [markdown]
# ## Results
#
# One training with all of it: smoothed labels, the contrastive term on the projection, warm-up and cosine, decoupled
# decay, early stopping. Against what `fit` does by default, over seeds: plain cross-entropy for all 40 epochs, which is
# the first line of the three losses above. And against ten epochs of it, from the comparison with contrast.


# %%
def all_of_it(seed):
    model = network(seed)
    both = with_projection(model, layer="embedding", head=ProjectionHead(hidden=32, dim=16))
    smooth, contrast = CrossEntropy(label_smoothing=0.3), SupCon()
    loop = project_loop(
        both,
        project_optimizer(OptimizerOptions(weight_decay=0.1), learning_rate=4e-3),
        loss=lambda label, out: smooth(label, out["logits"]) + 0.2 * contrast(label, out["projection"]),
        schedule=project_schedule(options, peak=4e-3, steps_per_epoch=STEPS, total_steps=max(4, EPOCHS) * STEPS),
        early_stopping=EarlyStopping(patience=8),
    )
    return model, run(loop, epochs=EPOCHS, train_batches=batches(seed))


finals = {"fit's defaults": by_loss["cross-entropy"], "all of it": []}
for seed in SEEDS:
    final, final_records = all_of_it(seed)
    finals["all of it"].append(accuracy(final))
finals["ten epochs"] = by_contrast["cross-entropy"]
for name, values in finals.items():
    print(f"{name:<15} {np.mean(values):.3f}  seeds: {'  '.join(f'{value:.3f}' for value in values)}")
if not QUICK:
    assert 0.05 < np.mean(finals["all of it"]) - np.mean(finals["fit's defaults"]) < 0.15
    assert abs(np.mean(finals["all of it"]) - np.mean(finals["ten epochs"])) < 0.03

# %% [markdown]
# Ten points over the defaults. Be fair, though: the last line is plain cross-entropy that happened to end after ten
# epochs, and it is within a point or so of everything together. Most of the gain is *not training too long*; early
# stopping is what finds a good end without being told.
#
# ### Watching it
#
# TensorBoard reads event files, and a few lines write the records of the epochs into one. What was written is read back
# here, as a check and because nobody tells you how.


# %%
def write_events(directory, records):
    writer = tf.summary.create_file_writer(str(directory))
    with writer.as_default():
        for record in records:
            tf.summary.scalar("loss/train", record.train["loss"], step=record.epoch)
            tf.summary.scalar("loss/held out", record.evaluation["loss"], step=record.epoch)
    writer.close()


def read_events(directory, tag):
    found = {}
    for file in sorted(Path(directory).glob("events*")):
        for raw in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(raw.numpy())
            for value in event.summary.value:
                if value.tag == tag:
                    found[event.step] = float(tf.make_ndarray(value.tensor))
    return found


write_events(folder / "events", records)
read = read_events(folder / "events", "loss/held out")
assert list(read) == [record.epoch for record in records]
np.testing.assert_allclose(list(read.values()), [record.evaluation["loss"] for record in records], rtol=1e-6)
print("tensorboard --logdir FOLDER/events  # shows", len(read), "epochs")

# %% [markdown]
# ## Which to take
#
# | need | take |
# |---|---|
# | standard loss, standard step | `fit`, with callbacks |
# | another step, everything else as usual | a model with its own `train_step`, and `fit` |
# | losses on inner layers, guards, exact resumption | a loop of your own, or the project's `Loop` |
# | two optimizers, gradients of gradients | a loop of your own ([guide 5](05_few_shot_learning.md)) |
#
# | loss | asks for | take it when |
# |---|---|---|
# | cross-entropy | probabilities | always, as a start |
# | + smoothing | less certain ones | labels are doubtful, or probabilities are used |
# | focal | the hard examples | few positives among very many; not with wrong labels, which are the hardest of all |
# | squared, absolute, Huber | mean, median, in between | outliers decide: Huber where there are some |
# | pinball | a quantile | an interval is wanted ([guide 4](04_time_series_transformers.md)) |
# | contrastive | neighbourhoods | embeddings are the product, or transfer comes next |
#
# What it was worth on this problem:

# %%
print(f"{'':<22} accuracy  gain")
rows = {
    "fit": np.mean(by_loss["cross-entropy"]),
    "smoothed labels": np.mean(by_loss["smoothed 0.3"]),
    "focal loss": np.mean(by_loss["focal 2"]),
    "stopped early, seed 0": early,
    "ten epochs, plain": np.mean(finals["ten epochs"]),
    "all of it": np.mean(finals["all of it"]),
}
for name, value in rows.items():
    print(f"{name:<22} {value:8.3f}  {100 * (value - rows['fit']):+.1f} points")

# %% [markdown]
# ## Pitfalls
#
# ### A rate that the graph has learned by heart
#
# `tf.function` runs the Python code once, to *trace* it: what TensorFlow computes becomes a graph, and Python numbers
# become constants in it. A rate in a Python variable that you lower later stays what it was. A `tf.Variable` is read in
# every step.

# %%
settings = {"rate": 1.0}
rate_variable = tf.Variable(1.0)


@tf.function
def frozen():
    return tf.constant(2.0) * settings["rate"]


@tf.function
def alive():
    return tf.constant(2.0) * rate_variable


before = float(frozen()), float(alive())
settings["rate"] = 0.1
rate_variable.assign(0.1)
print("before", before, "after", (float(frozen()), round(float(alive()), 3)))
assert float(frozen()) == before[0]
np.testing.assert_allclose(float(alive()), 0.2, rtol=1e-6)

# %% [markdown]
# ### A graph that is made anew in every step
#
# The other way round: a Python number as an *argument* is part of the graph's signature. Each new value is a new
# graph, and a training that passes its step number so becomes slower than one without graphs.

# %%
traces = []


@tf.function
def scaled(step):
    traces.append(step)  # Runs while tracing only.
    return tf.cast(step, tf.float32) * 0.1


counts = {}
for name, wrap in (("Python number", int), ("tensor", tf.constant)):
    traces.clear()
    for number in range(8):
        scaled(wrap(number))
    counts[name] = len(traces)
    print(f"{name}: {counts[name]} graphs for 8 steps")
assert counts == {"Python number": 8, "tensor": 1}

# %% [markdown]
# ### A mean of means
#
# 700 held-out scans in batches of 300 leave a last batch of 100. The mean of three batch means lets its scans count
# three times. Sum, and divide by the number of examples at the end.

# %%
values = tf.nn.sparse_softmax_cross_entropy_with_logits(
    digits.target[held_out], tired({"pixels": scans[held_out]})["logits"]
).numpy()
values = np.sort(values)  # As when a set is ordered by difficulty, or by class.
parts = [values[start : start + 300] for start in range(0, 700, 300)]
mean_of_means, right = np.mean([part.mean() for part in parts]), sum(part.sum() for part in parts) / 700
print(f"mean of means {mean_of_means:.3f}, mean {right:.3f}")
np.testing.assert_allclose(right, values.mean(), rtol=1e-5)
assert mean_of_means > right

# %% [markdown]
# ### Training mode, forgotten
#
# `fit` calls the model with `training=True`; your loop must. Without it dropout is off and nothing complains.

# %%
dropped = keras.layers.Dropout(0.5, seed=SEED)
ones = np.ones((1, 1000), "float32")
shares = {mode: float(np.mean(dropped(ones, training=mode) == 0)) for mode in (False, True)}
print("share of zeros:", shares)
assert shares[False] == 0 < 0.4 < shares[True] < 0.6

# %% [markdown]
# ## What it costs
#
# Python is slow between steps, so a loop gets fast by leaving Python: first the step as a graph, then several steps
# in one graph call. Microseconds a step, of the machine that made this page; compare, do not quote.


# %%
def microseconds(call, steps):
    call()  # Traces.
    times = []
    for _ in range(1 if QUICK else 5):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) / steps * 1e6)
    return min(times)  # What else the machine does only adds to a time.


COUNT, FEW = (16, 2) if QUICK else (160, 8)
pixels, label = tf.constant(scans[train]), tf.constant(labels[train])
data = tf.data.Dataset.from_tensor_slices(({"pixels": pixels}, label)).batch(BATCH).cache().repeat()
model, optimizer = network(), keras.optimizers.Adam(2e-3)
step = make_step(model, optimizer, cross_entropy)


@tf.function
def many(iterator, count):
    for _ in tf.range(count):
        inputs, targets = next(iterator)
        step(inputs["pixels"], targets)


def one_by_one(function, count=COUNT):
    for inputs, targets in data.take(count):
        function(inputs["pixels"], targets)


iterator = iter(data)
speed = {"eager": microseconds(lambda: one_by_one(step.python_function, FEW), FEW)}
speed["a graph a step"] = microseconds(lambda: one_by_one(step), COUNT)
speed["many steps a graph"] = microseconds(lambda: many(iterator, tf.constant(COUNT)), COUNT)

# %%
for_fit = data.map(lambda inputs, targets: (inputs, {"logits": targets}))
for name, steps in (("fit", 1), ("fit, 16 steps a call", 16)):
    by_fit = network()
    by_fit.compile(keras.optimizers.Adam(2e-3), {"logits": loss_of_fit}, steps_per_execution=steps)
    speed[name] = microseconds(
        lambda fitted=by_fit: fitted.fit(for_fit, steps_per_epoch=COUNT, epochs=1, verbose=0), COUNT
    )
loop = project_loop(
    network(),
    project_optimizer(OptimizerOptions(weight_decay=0.0), learning_rate=2e-3),
    step=StepOptions(steps_per_execution=16),
)
inner = iter(data)
speed["the project's loop"] = microseconds(
    lambda: [loop.step.train(inner, 16) for _ in range(COUNT // 16)], COUNT // 16 * 16
)
plt.figure(figsize=(7, 2.2))
plt.barh(list(speed), list(speed.values()), color=[GREY, BLUE, BLUE, ORANGE, ORANGE, GREEN])
plt.xscale("log")
plt.xlabel("microseconds a step of 50 scans")
plt.gca().invert_yaxis()
plt.show()
for name, value in speed.items():
    print(f"{name:<20} {value:8.0f} µs  {value / speed['fit']:5.2f} of fit's")
if not QUICK:
    assert speed["eager"] > 1.5 * speed["a graph a step"]
    assert speed["many steps a graph"] < 1.5 * speed["fit"]

# %% [markdown]
# Leaving Python is what counts: `fit` gains by taking several steps a call as well, and a loop of your own loses
# nothing against it if it does the same. The project's loop does more in a step (it sets the learning rate, sums
# losses, measures how long it waited for data) and stays near the bare one by what [its page](../training.md) names:
# Adam updates a variable in one operation, and all sums are one vector. On a network as small as this one, overhead is
# most of the time; the larger the network, the less it matters.
#
# ## The same in production
#
# All of this is the section `train` of a Slipway config, the YAML file that describes a whole pipeline;
# `slipway config explain train` says what each key means. Trainer, a step of the pipeline, runs the loop that you have
# just met, and a killed run goes on from its checkpoint by the same command:
#
# ```yaml
# train:
#   batch_size: 50
#   epochs: 40
#   learning_rate: 0.004
#   schedule: {kind: cosine, warmup_epochs: 2}
#   optimizer: {kind: adam, weight_decay: 0.1}
#   step: {steps_per_execution: 16, clip_norm: 1.0}
#   patience: 8
#   gap_ratio: {warn: 0.5, act: 1.0, action: stop}
#   recovery: {rollbacks: 3, factor: 0.5}
#   checkpoints: {every_secs: 30}
# options:
#   loss: {kind: cross_entropy, label_smoothing: 0.3}
# ```
#
# ```
# slipway plot schedule pipeline/configs/digits.yaml
# slipway run pipeline/configs/digits.yaml --set train.patience=8
# tensorboard --logdir output/digits/artifacts/Trainer/model_run
# ```
#
# The section `train` is checked here as a run would check it:

# %%
section = """
batch_size: 50
epochs: 40
learning_rate: 0.004
schedule: {kind: cosine, warmup_epochs: 2}
optimizer: {kind: adam, weight_decay: 0.1}
step: {steps_per_execution: 16, clip_norm: 1.0}
patience: 8
gap_ratio: {warn: 0.5, act: 1.0, action: stop}
recovery: {rollbacks: 3, factor: 0.5}
checkpoints: {every_secs: 30}
"""
checked = TrainOptions(**yaml.safe_load(section))
assert checked.gap_ratio.action == "stop"
assert checked.schedule == options

# %% [markdown]
# ## Key takeaways
#
# - A loss is a question; check which one before you tune anything else.
# - With doubtful labels, when to stop matters more than what to minimize.
# - The state of a training is weights, optimizer, step, generators and place in the data. A batch that is a function
#   of the step makes the last two free.
# - Go back after NaN, but look at the batch first. Write beside, then rename.
# - Speed comes from leaving Python: graphs, then several steps a call. It is not a reason to prefer `fit`.
# - Every part here is small enough to test against a formula. Do so.
#
# ## Exercises
#
# 1. Clip gradients to a global norm of 1 (the norm of all gradients as one long vector), by hand, and compare with
#    `tf.clip_by_global_norm`.
# 2. A batch of 50 does not fit into memory. Take it in five parts and average their gradients: show that the step is
#    the same.
# 3. Keep a moving average of the weights: in each step nine tenths of it and one tenth of the new weights, from the
#    first weights on. After ten steps, which share of it is still the start?
# 4. In which epoch would a patience of 2 have stopped the history above, and with which lowest loss?
#
# ## Solutions

# %%
# 1
gradients = [np.full((3, 3), 2.0), np.full(4, -1.0)]
norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
clipped = [gradient * min(1, 1 / norm) for gradient in gradients]
for a, b in zip(clipped, tf.clip_by_global_norm(gradients, 1.0)[0], strict=True):
    np.testing.assert_allclose(a, b)


# %%
# 2
def gradients_of(model, pixels, label):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(cross_entropy(label, model({"pixels": pixels})))
    return tape.gradient(loss, [variable.value for variable in model.trainable_variables])


model, (pixels, label) = network(), batch_of(0)
parts = [gradients_of(model, pixels[i : i + 10], label[i : i + 10]) for i in range(0, 50, 10)]
for whole_batch, *of_parts in zip(gradients_of(model, pixels, label), *parts, strict=True):
    np.testing.assert_allclose(whole_batch, np.mean(of_parts, axis=0), atol=1e-6)

# %%
# 3: each step leaves nine tenths of what was there.
average = 1.0  # The start counts as one, everything later as zero.
for _ in range(10):
    average = 0.9 * average + 0.1 * 0.0
print(f"{average:.0%} of the average is still the start")
np.testing.assert_allclose(average, 0.9**10)

# %%
# 4
impatient = Patience(2)
epoch = next(number for number, value in enumerate(history, 1) if impatient.should_stop(value))
print("stops after epoch", epoch, "with", impatient.best)
assert (epoch, impatient.best) == (6, 1.9)

# %% [markdown]
# ## Further reading
#
# - Kingma, Ba, 2015, *Adam: A Method for Stochastic Optimization* (arXiv 1412.6980); Loshchilov, Hutter, 2019,
#   *Decoupled Weight Decay Regularization* (arXiv 1711.05101), and 2017, *SGDR* (arXiv 1608.03983), for the cosine.
# - Goyal et al., 2017, *Accurate, Large Minibatch SGD* (arXiv 1706.02677), for the warm-up; Smith, Topin, 2018,
#   *Super-Convergence* (arXiv 1708.07120), for one-cycle.
# - Khosla et al., 2020, *Supervised Contrastive Learning* (arXiv 2004.11362); Chen et al., 2020, *A Simple Framework
#   for Contrastive Learning* (arXiv 2002.05709), for the projection head.
# - Lin et al., 2017, *Focal Loss for Dense Object Detection* (arXiv 1708.02002); Huber, 1964, *Robust Estimation of a
#   Location Parameter*; Koenker, Bassett, 1978, *Regression Quantiles*.
# - Prechelt, 1998, *Early Stopping – But When?*; Zhang et al., 2017, *Understanding deep learning requires rethinking
#   generalization* (arXiv 1611.03530), on networks that learn wrong labels by heart.
#
# Next: [optimization and deployment](03_optimization_and_deployment.md). All of the loop: [training](../training.md),
# and [as a library](../as_a_library.md). All guides: [the series](README.md).
