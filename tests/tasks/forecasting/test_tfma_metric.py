"""TFMA's own way through the metrics, on what an evaluation of files gives it."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from tasks.forecasting.metrics import METRICS, Forecasts, compute_metric
from tasks.loading import TaskSpec

RNG = np.random.default_rng(0)
WINDOWS, LOOKBACK, HORIZON, SEASON, LEVELS = 9, 12, 4, 3, (0.1, 0.5, 0.9)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "a.csv"
    path.write_text("date,x,y\n2020-01-01,1,2\n")
    options = {
        "source": {"kind": "series_file", "file": str(path)},
        "lookback": LOOKBACK,
        "horizon": HORIZON,
        "season": SEASON,
        "quantiles": list(LEVELS),
    }
    return TaskSpec(task="tasks.forecasting.Forecasting", options=options).load()


@pytest.fixture(scope="module")
def forecasts() -> Forecasts:
    future = RNG.normal(size=(WINDOWS, HORIZON, 2)).astype("float32")
    future[2, 1, 0] = np.nan
    quantiles = np.sort(RNG.normal(size=(WINDOWS, HORIZON, 2, 3)), axis=-1).astype("float32")
    history = RNG.normal(size=(WINDOWS, LOOKBACK, 2)).astype("float32")
    scale = np.tile(np.array([2.0, 50.0], np.float32), (WINDOWS, 1))
    return Forecasts(future=future, quantiles=quantiles, levels=LEVELS, history=history, season=SEASON, scale=scale)


@pytest.fixture(scope="module")
def evaluated(task, forecasts, tmp_path_factory) -> dict:
    """{slice: {metric: value}} of examples that hold what a model predicted, as EdgeEvaluator writes them."""
    from components.evaluator.eval_config import eval_config
    from components.evaluator.options import Measuring

    place = tmp_path_factory.mktemp("evaluated")
    with tf.io.TFRecordWriter(str(place / "examples")) as writer:
        for index in range(WINDOWS):
            example = tf.train.Example()
            for name in ("future", "history", "quantiles", "scale"):
                values = getattr(forecasts, name)[index].ravel().tolist()
                example.features.feature[name].float_list.value.extend(values)
            example.features.feature["month"].int64_list.value.append(index % 2)
            writer.write(example.SerializeToString())
    spec = config_pb2.ModelSpec(prediction_key=task.prediction_key, label_key=task.label_key)
    config = eval_config(task, gates={}, measuring=Measuring(slices=["month"]), model_specs=[spec])
    result = tfma.run_model_analysis(
        eval_config=config, data_location=str(place / "examples"), output_path=str(place / "out")
    )
    return {
        slice_key: {name: value["doubleValue"] for name, value in metrics.items() if "doubleValue" in value}
        for slice_key, metrics in ((key, value[""][""]) for key, value in result.slicing_metrics)
    }


@pytest.mark.parametrize("name", METRICS)
def test_a_figure_is_that_of_all_windows(evaluated, forecasts, name):
    assert evaluated[()][name] == pytest.approx(compute_metric(name, forecasts), rel=1e-5)


def test_slices_of_windows_of_steps_and_of_channels(evaluated, forecasts):
    second = forecasts.part(slice(2, 4), None)
    channel = forecasts.part(slice(0, 4), 1)
    assert evaluated[()]["mae_steps_3_4"] == pytest.approx(compute_metric("mae", second), rel=1e-5)
    assert evaluated[()]["mase_y"] == pytest.approx(compute_metric("mase", channel), rel=1e-5)
    odd = np.abs(forecasts.future - forecasts.point)[1::2]
    assert evaluated[(("month", 1),)]["mae"] == pytest.approx(float(np.nanmean(odd)), rel=1e-5)
