import keras
import numpy as np
import pytest

from tests.training.summaries import stubs
from tests.training.writers.recording import Recording
from training.summaries import ClassificationSummaries

NAMES = ["a", "b", "c"]
# One-hot images [example, 1, 3, 1], which the model below puts out as logits.
LABELS = np.array([0, 1, 2, 2, 1])
SHOWN = np.array([0, 1, 2, 0, 1])
IMAGES = 10 * np.eye(3, dtype=np.float32)[SHOWN][:, None, :, None]


@pytest.fixture
def model():
    image = keras.Input((1, 3, 1), name="image")
    conv = keras.layers.Conv2D(4, 1, kernel_initializer="ones", name="conv")(keras.layers.Dropout(0.9)(image))
    return keras.Model({"image": image}, {"logits": keras.layers.Flatten()(image), "other": conv})


def _hook(recording, **options):
    return ClassificationSummaries(
        recording, **{"inputs": {"image": IMAGES}, "labels": LABELS, "names": NAMES, "every_epochs": 2, **options}
    )


def test_shows_the_inputs_once_scaled_to_what_can_be_shown(model):
    recording = Recording()
    hook = _hook(recording, inputs={"image": np.repeat(IMAGES, 5, axis=0) - 3}, labels=np.repeat(LABELS, 5))
    hook.on_train_begin(stubs.Loop(model))
    [(step, images)] = recording.of("images")
    assert step == 0
    assert images["inputs/image"].shape == (16, 1, 3, 1)
    assert set(np.unique(images["inputs/image"])) == {0.0, 1.0}


@pytest.mark.parametrize(("image", "step"), [(None, 0), ("image", 3)], ids=["unwanted", "resumed"])
def test_shows_no_inputs(model, image, step):
    recording = Recording()
    _hook(recording, image=image).on_train_begin(stubs.Loop(model, step=step))
    assert not recording.calls


def test_counts_what_each_label_was_taken_for(model):
    recording = Recording()
    hook = _hook(recording)
    hook.on_train_begin(stubs.Loop(model))
    hook.on_steps(stubs.steps(9))
    hook.on_epoch(stubs.epoch(2, step=9))
    [(step, counts, names)] = recording.of("confusion_matrix")
    assert (step, names) == (9, NAMES)
    assert counts.tolist() == [[1, 0, 0], [0, 2, 0], [1, 0, 1]]


def test_scores_each_class_by_its_softmax(model):
    recording = Recording()
    hook = _hook(recording)
    hook.on_train_begin(stubs.Loop(model))
    hook.on_epoch(stubs.epoch(2))
    [(_, curves)] = recording.of("pr_curves")
    assert [*curves] == ["pr/a", "pr/b", "pr/c"]
    labels, scores = curves["pr/c"]
    assert labels.tolist() == [False, False, True, True, False]
    likely = np.exp(10) / (np.exp(10) + 2)
    np.testing.assert_allclose(scores[2], likely, rtol=1e-5)
    np.testing.assert_allclose(scores[[0, 1, 3, 4]], (1 - likely) / 2, rtol=1e-5)


def test_predicts_every_few_epochs_and_at_the_end(model):
    recording = Recording()
    hook = _hook(recording)
    hook.on_train_begin(stubs.Loop(model))
    for epoch in range(1, 6):
        hook.on_steps(stubs.steps(10 * epoch))
        hook.on_epoch(stubs.epoch(epoch))
    hook.on_train_end()
    assert [step for step, *_ in recording.of("confusion_matrix")] == [20, 40, 50]
    assert not recording.of("embeddings")
    assert recording.calls[-1] == ("flush",)


def test_projects_a_layer_once_at_the_end(model):
    recording = Recording()
    hook = _hook(recording, embedding_layer="conv")
    hook.on_train_begin(stubs.Loop(model))
    hook.on_epoch(stubs.epoch(2))
    hook.on_train_end()
    [(_, name, vectors, labels)] = recording.of("embeddings")
    assert name == "conv"
    # Without dropout, each of four channels is the mean of a one-hot of three times ten.
    np.testing.assert_allclose(vectors, np.full((5, 4), 10 / 3), rtol=1e-6)
    assert labels == ["a", "b", "c", "c", "b"]


def test_ends_quietly_when_training_never_began():
    recording = Recording()
    _hook(recording).on_train_end()
    assert not recording.calls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": LABELS[:3]}, "an example a label. Received: {'image': 5}, 3 labels"),
        ({"inputs": {}}, "an example a label"),
        ({"names": ["a", "b"]}, "the index of a name. Received: labels from 0 to 2, 2 names"),
        ({"labels": LABELS - 1}, "labels from -1 to 1"),
        ({"every_epochs": 0}, "every_epochs must be at least 1. Received: 0"),
        ({"image": "picture"}, "one of the inputs, image, or None. Received: 'picture'"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        _hook(Recording(), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "probabilities"}, "one of the model's, logits, other. Received: 'probabilities'"),
        ({"embedding_layer": "cnov"}, "conv.* Received: 'cnov'"),
    ],
)
def test_what_the_model_lacks_is_refused_before_training(model, options, message):
    with pytest.raises(ValueError, match=message):
        _hook(Recording(), **options).on_train_begin(stubs.Loop(model))
