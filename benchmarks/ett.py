"""Forecasting on ETTh1 by the standard protocol: mean over three seeds, all test windows, on scaled values.

Needs ETTh1.csv (`slipway data fetch etth1`, or $SLIPWAY_DATA_DIR/ett). Trains what is not trained yet, from one
checkpoint to the next: the same command goes on where the last one was ended; see `output/benchmarks`.
The best model of a horizon is the one with the lowest MSE on the validation part.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.ett_training import HORIZONS, SEASON, SEEDS, Protocol, case, load_or_train
from benchmarks.figures import Figure, main
from compression.conversion.convert import convert, export_for_conversion
from compression.precisions import Precision
from serving.tflite import TFLiteModel
from tasks.forecasting.metrics import seasonal_naive

# (MSE, MAE) by horizon. Zeng et al., AAAI 2023, table 2.
PUBLISHED = {
    "DLinear": {96: (0.375, 0.399), 192: (0.405, 0.416), 336: (0.439, 0.443), 720: (0.472, 0.490)},
    "NLinear": {96: (0.374, 0.394), 192: (0.408, 0.415), 336: (0.429, 0.427), 720: (0.440, 0.453)},
}
BEST = {96: (0.370, 0.394), 192: (0.405, 0.415), 336: (0.422, 0.427), 720: (0.440, 0.453)}
ENCODER_DECODER = {96: 0.400, 192: 0.440, 336: 0.470, 720: 0.500}
CANDIDATES = ("RLinear", "encoder-decoder")
NAIVE = {"repeat": (1.294, 0.713), "seasonal naive": (0.512, 0.433)}
CALIBRATION_EXAMPLES = 512


def errors(
    predict: Callable[[np.ndarray], np.ndarray], protocol: Protocol, *, split: str = "test"
) -> tuple[float, float]:
    """(MSE, MAE) over all windows of a split of what `predict` makes of histories `[window, lookback, channel]`."""
    histories, futures = protocol.cut(split)
    squares, absolutes = 0.0, 0.0
    for start in range(0, len(futures), 256):
        part = slice(start, start + 256)
        error = predict(np.ascontiguousarray(histories[part])) - futures[part]
        squares += float(np.sum(np.square(error), dtype=np.float64))
        absolutes += float(np.sum(np.abs(error), dtype=np.float64))
    return squares / futures.size, absolutes / futures.size


def point_forecaster(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """The model as a function of histories `[window, lookback, channel]` to forecasts `[window, horizon, channel]`."""
    predict = tf.function(lambda history: model({"history": history}, training=False)["quantiles"])
    return lambda history: predict(history).numpy()[..., 0]


def model_errors(name: str, horizon: int, *, split: str = "test") -> tuple[float, float]:
    """(MSE, MAE), the mean over the seeds."""
    protocol = Protocol(lookback=case(name, horizon).lookback, horizon=horizon)
    found = []
    for seed in SEEDS:
        model = load_or_train(name, horizon, seed)
        found.append(errors(point_forecaster(model), protocol, split=split))
        keras.backend.clear_session()
    mean = np.mean(found, axis=0)
    print(f"{name} {horizon}, {split}: {mean[0]:.4f} / {mean[1]:.4f}", flush=True)
    return float(mean[0]), float(mean[1])


def best_by_validation(horizon: int) -> str:
    """The candidate with the lowest MSE on the validation windows, which forecast the same rows at every look-back."""
    return min(CANDIDATES, key=lambda name: model_errors(name, horizon, split="eval")[0])


def naive_figures() -> list[Figure]:
    """That data and protocol are right: what needs no training, against the published figures."""
    protocol = Protocol(lookback=336, horizon=96)
    forecasts = {
        "repeat": lambda history: np.repeat(history[:, -1:], 96, axis=1),
        "seasonal naive": lambda history: seasonal_naive(history, 96, SEASON),
    }
    figures = []
    for name, predict in forecasts.items():
        off = _off(errors(predict, protocol), NAIVE[name])
        figures.append(Figure(f"{name}, 96: off the published MSE and MAE at the most", off, 0.02, "<="))
    return figures


def tflite_ratio(name: str, horizon: int, precision: Precision) -> float:
    """MSE of the converted file over that of the model it was made of."""
    protocol = Protocol(lookback=case(name, horizon).lookback, horizon=horizon)
    model = load_or_train(name, horizon, 0)
    sample, _ = protocol.cut("train")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.tflite"
        export_for_conversion(model, Path(directory) / "model")
        sample = np.ascontiguousarray(sample[:: len(sample) // CALIBRATION_EXAMPLES])
        convert(Path(directory) / "model", {precision: path}, representative_sample={"history": sample})
        file = TFLiteModel(path, num_threads=2)
        quantized, _ = errors(lambda history: file.predict({"history": history})["quantiles"][..., 0], protocol)
    floating, _ = errors(point_forecaster(model), protocol)
    return quantized / floating


def _off(received: Sequence[float], published: Sequence[float]) -> float:
    return max(abs(ours / theirs - 1) for ours, theirs in zip(received, published, strict=True))


def measure() -> Sequence[Figure]:
    """Trains what is not trained yet, then looks at the test part."""
    names = [*PUBLISHED, *CANDIDATES]
    for name in names:
        for horizon in HORIZONS:
            for seed in SEEDS:
                load_or_train(name, horizon, seed)
                keras.backend.clear_session()
    found = {(name, horizon): model_errors(name, horizon) for name in names for horizon in HORIZONS}
    figures = naive_figures()
    for name, rows in PUBLISHED.items():
        for horizon, row in rows.items():
            off = _off(found[name, horizon], row)
            figures.append(Figure(f"{name}, {horizon}: off the published MSE and MAE at the most", off, 0.02, "<="))
    for horizon, (mse, mae) in BEST.items():
        best = best_by_validation(horizon)
        figures += [
            Figure(f"best ({best}), {horizon}: MSE", found[best, horizon][0], mse, "<="),
            Figure(f"best ({best}), {horizon}: MAE", found[best, horizon][1], mae, "<="),
        ]
    for horizon, mse in ENCODER_DECODER.items():
        value = found["encoder-decoder", horizon][0]
        figures.append(Figure(f"encoder-decoder with RoPE, {horizon}: MSE", value, mse, "<="))
    for name in CANDIDATES:
        for precision in ("float16", "int8"):
            ratio = tflite_ratio(name, 96, precision)
            figures.append(Figure(f"{name}, 96: MSE of the {precision} TFLite file over float", ratio, 1.01, "<="))
    return figures


if __name__ == "__main__":
    main("ett", measure, seed=SEEDS[0])
