"""Networks whose graphs are out of the common: loops of recurrent layers and of chunked attention, a decoder."""

import keras
import numpy as np
import pytest

from compression.conversion.convert import convert, export_for_conversion
from models.forecasters.encoder_decoder import encoder_decoder
from models.forecasters.forecaster import ForecastShape
from models.forecasters.patch_transformer import patch_transformer
from models.forecasters.recurrent import recurrent
from models.forecasters.transformer_blocks import BlockStyle
from serving.tflite import TFLiteModel

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

SHAPE = ForecastShape(lookback=24, horizon=6, channels=2)
CHUNKED = BlockStyle(heads=2, hidden=8, chunk=8, is_recomputed=True)


@pytest.mark.parametrize(
    "build",
    [
        lambda: recurrent(SHAPE, cell="lstm", units=8, patch=6),
        lambda: patch_transformer(SHAPE, style=CHUNKED, stride=1, depth=1),
        lambda: encoder_decoder(SHAPE, style=BlockStyle(heads=2, hidden=8), patch=6, dim=8, encoder_depth=1),
    ],
    ids=["lstm", "chunked_attention", "encoder_decoder"],
)
def test_the_file_computes_what_the_model_does(build, tmp_path):
    keras.utils.set_random_seed(0)
    model = build()
    x = {"history": np.random.default_rng(0).normal(size=(5, 24, 2)).astype("float32")}
    export_for_conversion(model, tmp_path / "model")
    convert(tmp_path / "model", {"float32": tmp_path / "float32.tflite"})
    received = TFLiteModel(tmp_path / "float32.tflite").predict(x)["quantiles"]
    np.testing.assert_allclose(received, model(x)["quantiles"], atol=1e-4)
