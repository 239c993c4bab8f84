"""Embeddings of indices, as Transform's vocabularies give them: int64 at every precision."""

import keras
import numpy as np
import pytest

from compression.conversion.convert import convert, export_for_conversion
from compression.precisions import PRECISIONS
from serving.tflite import TFLiteModel

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

RNG = np.random.default_rng(0)
SAMPLE = {
    "word": RNG.integers(0, 2000, 256),
    "words": RNG.integers(0, 300, (256, 5)),
    "x": RNG.normal(size=(256, 3)).astype(np.float32),
}


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(7)
    word, words = keras.Input((), dtype="int64", name="word"), keras.Input((5,), dtype="int64", name="words")
    x = keras.Input((3,), name="x")
    mean = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(300, 16)(words))
    joined = keras.layers.Concatenate()([keras.layers.Embedding(2000, 16)(word), mean, x])
    hidden = keras.layers.Dense(32, activation="relu")(joined)
    return keras.Model({"word": word, "words": words, "x": x}, {"y": keras.layers.Dense(4)(hidden)})


@pytest.fixture(scope="module")
def files(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("embeddings")
    export_for_conversion(model, directory / "saved_model")
    paths = {precision: directory / f"{precision}.tflite" for precision in PRECISIONS}
    convert(directory / "saved_model", paths, representative_sample=SAMPLE)
    return paths


@pytest.mark.parametrize("precision", PRECISIONS)
def test_answers_as_keras_does_and_takes_indices_as_they_are(files, model, tolerances, precision):
    expected = model(SAMPLE, training=False)["y"].numpy()
    converted = TFLiteModel(files[precision])
    difference = np.abs(converted.predict(SAMPLE)["y"] - expected) / expected.std()
    largest, mean = tolerances[precision]
    assert difference.max() <= largest
    assert difference.mean() <= mean
    dtypes = {name: tensor.dtype for name, tensor in converted.inputs.items()}
    assert (dtypes["word"], dtypes["words"]) == (np.int64, np.int64)
