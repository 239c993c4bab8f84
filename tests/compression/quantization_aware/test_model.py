import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from compression.conversion.convert import convert, export_for_conversion
from compression.files.differences import relative_difference
from compression.layer_patterns import LayerPatternError
from compression.quantization_aware.fake_quantize import FakeQuantize
from compression.quantization_aware.model import for_conversion, quantization_aware
from compression.quantization_aware.quantizable import quantizable
from compression.quantization_aware.quantized_layers import QuantizedKernel
from compression.recipe import QuantizationAwareOptions
from models.layers.channel_scale import ChannelScale
from models.layers.normalization import BatchNormalization
from models.layers.squeeze_excitation import squeeze_excite
from serving.tflite import TFLiteModel

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

OPTIONS = QuantizationAwareOptions()


def _network() -> keras.Model:
    """Every kind of operation that the shipped networks have, weights and statistics unlike those of a new one."""
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 1), name="image")
    x = BatchNormalization(scale=False, center=False)(image)
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(x)
    x = keras.layers.Activation("relu")(BatchNormalization()(x))
    y = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    y = keras.layers.Activation("hard_swish")(BatchNormalization()(y))
    y = squeeze_excite(y, ratio=2)
    y = squeeze_excite(y, ratio=2, gate="hard_sigmoid")
    y = ChannelScale(0.7)(keras.layers.Activation("silu")(y))
    x = keras.layers.Activation("relu6")(keras.layers.Add()([x, y]))
    x = keras.layers.Concatenate()([x, keras.layers.MaxPooling2D(1)(y)])
    x = keras.layers.Dropout(0.1)(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model({"image": image}, {"logits": keras.layers.Dense(4, name="logits")(x)})
    random = np.random.default_rng(1)
    for variable in model.variables:
        if "seed" not in variable.path:
            variable.assign(variable.numpy() + random.uniform(0.05, 0.4, variable.shape))
    return model


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return _network()


@pytest.fixture(scope="module")
def sample() -> dict[str, np.ndarray]:
    return {"image": np.random.default_rng(2).random((64, 8, 8, 1), np.float32)}


@pytest.fixture(scope="module")
def aware(network, sample) -> keras.Model:
    return quantization_aware(network, OPTIONS, sample)


def _logits(model, inputs):
    return model(inputs, training=False)["logits"].numpy()


def test_a_quantizable_network_computes_the_same(network, sample):
    np.testing.assert_allclose(_logits(quantizable(network), sample), _logits(network, sample), rtol=1e-4, atol=1e-4)


def test_a_quantizable_network_has_no_normalization_and_no_composed_activation(network):
    layers = quantizable(network).layers
    assert not [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization | ChannelScale)]
    activations = {layer.activation.__name__ for layer in layers if isinstance(layer, keras.layers.Activation)}
    assert activations == {"relu", "relu6", "sigmoid"}


def test_a_loaded_network_whose_layers_have_the_names_of_new_ones_is_taken(network, sample, tmp_path):
    network.save(tmp_path / "network.keras")
    # Keras counts names up anew, as in another process.
    keras.backend.clear_session()
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    aware = quantization_aware(loaded, OPTIONS, sample)
    assert len({layer.name for layer in aware.layers}) == len(aware.layers)


def test_rounding_changes_the_outputs_a_little(network, aware, sample):
    difference = relative_difference(_logits(aware, sample), _logits(network, sample))
    assert 0 < difference < 0.15


def test_the_int8_file_computes_what_training_saw(aware, sample, tmp_path):
    export_for_conversion(for_conversion(aware), tmp_path / "model")
    convert(tmp_path / "model", {"int8": tmp_path / "int8.tflite"}, quantization_aware=True)
    file = TFLiteModel(tmp_path / "int8.tflite")
    assert file.delegated
    # A value that lies between two steps may be rounded to either: hardly any difference in the mean.
    assert relative_difference(file.predict(sample)["logits"], _logits(aware, sample)) < 0.02
    interpreter = Interpreter(
        model_path=str(tmp_path / "int8.tflite"),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    floats = [tensor["name"] for tensor in interpreter.get_tensor_details() if tensor["dtype"] is np.float32]
    assert not floats


def test_what_is_converted_computes_what_was_trained(aware, sample):
    converted = for_conversion(aware)
    np.testing.assert_allclose(_logits(converted, sample), _logits(aware, sample), atol=1e-5)
    assert not [layer for layer in converted.layers if isinstance(layer, QuantizedKernel)]


def test_training_moves_kernels_but_not_their_zeros(network, sample):
    sparse = keras.models.clone_model(network)
    sparse.set_weights(network.get_weights())
    stem = sparse.get_layer("stem")
    kernel = stem.kernel.numpy()
    kernel[..., ::2] = 0
    stem.kernel.assign(kernel)
    aware = quantization_aware(sparse, OPTIONS, sample)
    before = aware.get_layer("stem").kernel.numpy()
    optimizer = keras.optimizers.SGD(0.1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(aware(sample, training=True)["logits"] ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, aware.trainable_weights), aware.trainable_weights, strict=True))
    after = aware.get_layer("stem").kernel.numpy()
    assert np.all(after[before == 0] == 0)
    assert np.all(after[before != 0] != before[before != 0])


def test_activations_inside_a_kernel_are_not_rounded_twice(aware):
    layers = [layer.name for layer in aware.layers]
    after_stem = layers[layers.index("stem") + 1]
    assert not isinstance(aware.get_layer(after_stem), FakeQuantize)


def test_an_excluded_layer_keeps_its_kernel(network, sample):
    aware = quantization_aware(network, QuantizationAwareOptions(exclude=("logits", "ste*")), sample)
    plain = {layer.name for layer in aware.layers if type(layer) in (keras.layers.Conv2D, keras.layers.Dense)}
    assert plain == {"logits", "stem"}


def test_a_pattern_that_fits_no_layer_is_refused(network, sample):
    with pytest.raises(LayerPatternError, match=r"quantize_aware.exclude.* Received: 'head'"):
        quantization_aware(network, QuantizationAwareOptions(exclude=("head",)), sample)


def test_fewer_bits_leave_fewer_values(network, sample):
    converted = for_conversion(quantization_aware(network, QuantizationAwareOptions(weight_bits=3), sample))
    kernel = converted.get_layer("stem").kernel.numpy()
    assert all(len(np.unique(kernel[..., channel])) <= 7 for channel in range(kernel.shape[-1]))


def test_a_model_that_is_saved_while_it_trains_comes_back(aware, sample, tmp_path):
    aware.save(tmp_path / "aware.keras")
    np.testing.assert_allclose(
        _logits(keras.saving.load_model(tmp_path / "aware.keras"), sample), _logits(aware, sample), atol=1e-6
    )
