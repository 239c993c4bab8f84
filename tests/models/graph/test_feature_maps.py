import keras
import numpy as np
from PIL import Image

from models.classifiers.resnet import resnet
from models.graph.feature_maps import observe, read_image


def _model(**options) -> keras.Model:
    return resnet(image_shape=(8, 8, 1), num_classes=3, widths=(4, 20), blocks_per_stage=2, **options)


def test_the_last_join_of_each_size_and_every_gate():
    image = np.random.default_rng(0).random((8, 8, 1)).astype(np.float32)
    seen = observe(_model(se_ratio=2), image)
    assert [found.values.shape for found in seen.maps] == [(4, 8, 8), (16, 4, 4)]
    assert [values.shape for values in seen.gates.values()] == [(4,), (4,), (20,), (20,)]
    assert all(name.startswith(("stage_0/block_", "stage_1/block_")) for name in seen.gates)
    assert all(0 <= value <= 1 for values in seen.gates.values() for value in values)


def test_values_are_those_of_the_network():
    image = keras.Input((2, 2, 1))
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(image)
    gated = keras.layers.Multiply()([image, gate])
    model = keras.Model(image, keras.layers.Add()([image, gated]))
    seen = observe(model, np.array([[[0.0], [1.0]], [[1.0], [0.0]]], np.float32))
    (gates,) = seen.gates.values()
    np.testing.assert_allclose(gates, [0.5])
    np.testing.assert_allclose(seen.maps[0].values, [[[0.0, 1.5], [1.5, 0.0]]])


def test_nothing_to_see_where_nothing_is_joined():
    image = keras.Input((4, 4, 1))
    seen = observe(keras.Model(image, keras.layers.Conv2D(2, 3)(image)), np.zeros((4, 4, 1), np.float32))
    assert (seen.maps, seen.gates) == ([], {})


def test_images_are_read_as_the_model_takes_them(tmp_path):
    Image.fromarray(np.full((4, 6, 3), [255, 0, 0], np.uint8)).save(tmp_path / "red.png")
    image = read_image(tmp_path / "red.png", _model())
    assert image.shape == (8, 8, 1)
    # Luma of red, ITU-R 601: 0.299.
    np.testing.assert_allclose(image, 76 / 255, atol=1e-6)
