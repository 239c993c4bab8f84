import keras
import numpy as np
import pytest

from models.classifiers.vit import patch_embedding, transformer_block, vit
from models.layers.positions import PositionEmbedding

RNG = np.random.default_rng(0)


def test_patches_are_taken_row_by_row():
    image = keras.Input((4, 6, 1))
    model = keras.Model(image, patch_embedding(image, patch=2, dim=4))
    # Each of a patch's four pixels becomes a number of its vector.
    model.set_weights([np.eye(4, dtype=np.float32).reshape(2, 2, 1, 4), np.zeros(4, np.float32)])
    pixels = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1)
    tokens = model(pixels).numpy()[0]
    assert tokens.tolist() == [
        [0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11], [12, 13, 18, 19], [14, 15, 20, 21], [16, 17, 22, 23],
    ]  # fmt: skip


def test_attention_alone_knows_no_places_and_positions_tell_them():
    """Shuffled tokens come out shuffled alike, unless each was first told where it stands."""
    tokens = keras.Input((5, 8))
    plain = keras.Model(tokens, transformer_block(tokens, heads=2))
    placed = keras.Model(tokens, transformer_block(PositionEmbedding()(tokens), heads=2))
    for weight in placed.weights:
        weight.assign(RNG.normal(0, 0.5, weight.shape))
    x = RNG.normal(size=(1, 5, 8)).astype(np.float32)
    order = [3, 0, 4, 1, 2]
    np.testing.assert_allclose(plain(x[:, order]), plain(x).numpy()[:, order], atol=1e-5)
    assert np.abs(placed(x[:, order]) - placed(x).numpy()[:, order]).max() > 0.1


def test_a_block_against_numpy():
    tokens = keras.Input((3, 4))
    model = keras.Model(tokens, transformer_block(tokens, heads=1, mlp_ratio=2))
    weights = [RNG.normal(0, 0.5, weight.shape).astype(np.float32) for weight in model.weights]
    model.set_weights(weights)
    g1, b1, wq, bq, wk, bk, wv, bv, wo, bo, g2, b2, w1, c1, w2, c2 = (weight.astype(np.float64) for weight in weights)

    def norm(x, gain, bias):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6) * gain + bias

    x = RNG.normal(size=(3, 4))
    n = norm(x, g1, b1)
    q, k, v = (n @ w[:, 0] + b[0] for w, b in ((wq, bq), (wk, bk), (wv, bv)))
    scores = np.exp(q @ k.T / np.sqrt(4))
    y = x + (scores / scores.sum(-1, keepdims=True) @ v) @ wo[0] + bo
    hidden = norm(y, g2, b2) @ w1 + c1
    erf = np.vectorize(__import__("math").erf)
    expected = y + hidden * 0.5 * (1 + erf(hidden / np.sqrt(2))) @ w2 + c2
    np.testing.assert_allclose(model(x[None].astype(np.float32))[0], expected, atol=1e-4)


def test_parameters_by_hand():
    model = vit(image_shape=(8, 8, 1), num_classes=3, patch=4, dim=8, depth=2, heads=2, mlp_ratio=2)
    block = 2 * 8 + 4 * (8 * 8 + 8) + 2 * 8 + (8 * 16 + 16) + (16 * 8 + 8)
    assert model.count_params() == 2 + (16 * 8 + 8) + 4 * 8 + 2 * block + 2 * 8 + (8 * 3 + 3)


def test_what_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"divide into patches\. Received: 28x28 pixels, patches of 5x5"):
        vit(image_shape=(28, 28, 1), num_classes=3, patch=5)
    with pytest.raises(ValueError, match=r"multiple of heads\. Received: dim=64, heads=5"):
        vit(image_shape=(28, 28, 1), num_classes=3, heads=5)
