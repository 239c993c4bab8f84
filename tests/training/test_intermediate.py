import keras
import numpy as np
import pytest

from training.intermediate import ProjectionHead, with_projection


@pytest.fixture
def model():
    image = keras.Input((4, 4, 1), name="image")
    features = keras.layers.Conv2D(3, 3, name="features")(image)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(features))
    return keras.Model({"image": image}, {"logits": logits})


def test_adds_an_output_and_shares_the_weights(model):
    head = ProjectionHead(hidden=8, dim=5)
    extended = with_projection(model, layer="features", head=head)
    image = {"image": np.random.default_rng(0).random((2, 4, 4, 1), np.float32)}
    outputs = extended(image)
    assert outputs["projection"].shape == (2, 5)
    np.testing.assert_array_equal(outputs["logits"], model(image)["logits"])
    model.get_layer("logits").bias.assign([1.0, 2.0])
    np.testing.assert_array_equal(extended(image)["logits"], model(image)["logits"])
    # What is exported knows nothing of the head.
    assert set(model.output) == {"logits"}
    assert len(model.weights) == len(extended.weights) - len(head.weights)


def test_the_head_averages_over_space():
    head = ProjectionHead(hidden=4, dim=2)
    x = np.random.default_rng(0).random((2, 3, 3, 5), np.float32)
    np.testing.assert_allclose(head(x), head(x.mean(axis=(1, 2))), rtol=1e-5)


def test_the_head_averages_over_time():
    head = ProjectionHead(hidden=4, dim=2)
    x = np.random.default_rng(0).random((2, 7, 5), np.float32)
    np.testing.assert_allclose(head(x), head(x.mean(axis=1)), rtol=1e-5)


def test_the_model_that_was_given_stays_as_it_was(model):
    before = model.to_json()
    with_projection(model, layer="features", head=ProjectionHead(hidden=8, dim=5))
    assert model.to_json() == before


def test_a_layer_that_is_not_there_is_refused_with_close_names(model):
    with pytest.raises(ValueError, match=r"such as features\. Received: 'feature'"):
        with_projection(model, layer="feature", head=ProjectionHead(hidden=2, dim=2))


def test_an_output_that_is_taken_is_refused(model):
    with pytest.raises(ValueError, match=r"the model has logits\. Received: 'logits'"):
        with_projection(model, layer="features", head=ProjectionHead(hidden=2, dim=2), output="logits")
