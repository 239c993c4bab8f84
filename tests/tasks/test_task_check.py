"""What TFMA cannot compute is refused with what a user needs to mend it."""

import keras
import pytest

from tasks.base import EvalMetric
from tasks.task_check import WrongTaskError, check_task
from tests.tasks.own_tabular import Tabular, TabularOptions

MODULE = "tests.tasks.metric_classes"
LARGEST = EvalMetric(name="largest", class_name="LargestError", module=MODULE)


def _task(*metrics: EvalMetric) -> Tabular:
    task = Tabular(TabularOptions())
    task.metrics = lambda: metrics
    return task


def test_metrics_of_keras_3_pass():
    check_task(_task(LARGEST, EvalMetric(name="recall", class_name="Recall", module="keras.metrics")))


@pytest.mark.parametrize(
    ("metric", "received"),
    [
        (
            EvalMetric(name="worst", class_name="LargestErrors"),
            r"Received from TFMA or Keras, LargestErrors: ValueError: Unknown metric",
        ),
        (
            EvalMetric(name="worst", class_name="LargestErrors", module=MODULE),
            rf"Received from {MODULE}, LargestErrors: AttributeError: .* has no attribute 'LargestErrors'",
        ),
        (
            EvalMetric(name="worst", class_name="Any", module="no_such_module"),
            r"Received from no_such_module, Any: ModuleNotFoundError",
        ),
        (
            EvalMetric(name="worst", class_name="LargestError", module=MODULE, config={"k": 2}),
            r".*LargestError: TypeError: .* unexpected keyword argument 'k'",
        ),
        (EvalMetric(name="worst", class_name="Broken", module=MODULE), r".*Broken: KeyError: 'no such column'"),
        (EvalMetric(name="worst", class_name="EachError", module=MODULE), r".*EachError: ndarray \["),
        (
            EvalMetric(name="worst", class_name="CalibrationPlot"),
            r".*CalibrationPlot: CalibrationHistogramBuckets buckets {\. Mend",
        ),
    ],
)
def test_what_gives_no_number_is_refused(metric, received):
    rule = r"metric worst of Tabular must give one number .* label int64 \[1\] and a prediction float32 \[1\]. "
    with pytest.raises(WrongTaskError, match=rule + received) as error:
        check_task(_task(LARGEST, metric))
    assert error.value.exit_code == 2


def test_a_plot_needs_to_be_no_number():
    check_task(_task(EvalMetric(name="calibration", class_name="CalibrationPlot", is_plot=True)))


def test_a_model_that_cannot_be_made_is_refused():
    task = _task(LARGEST)
    task.model = lambda: keras.Model(keras.Input((3,)), keras.layers.Dense(-1))
    with pytest.raises(WrongTaskError, match=r"Tabular must make a model .* Mend model\(\) or predictions\(\)"):
        check_task(task)


def test_inputs_that_no_file_takes_are_refused():
    text = keras.Input((), dtype="string", name="text")
    task = _task(LARGEST)
    task.model = lambda: keras.Model({"text": text}, {"lost": keras.layers.Hashing(3, output_mode="one_hot")(text)})
    with pytest.raises(WrongTaskError, match=r"input text of the model of Tabular must be .* int64\. Received: string"):
        check_task(task)


def test_layers_of_the_next_model_are_named_as_if_nothing_had_been_checked():
    keras.backend.clear_session()
    names = [layer.name for layer in _task().model().layers]
    keras.backend.clear_session()
    check_task(_task(LARGEST))
    assert [layer.name for layer in _task().model().layers] == names
