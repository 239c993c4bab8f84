"""What converted files themselves predict, in Beam's workers."""

from collections.abc import Iterator, Mapping

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft

from serving.tflite import TFLiteModel
from tasks.loading import TaskSpec


class Predict(beam.DoFn):
    """Gives each raw example on, with what each file predicts for it as the feature `<file>/<prediction key>`."""

    def __init__(self, *, task_spec: str, files: Mapping[str, str], transform_graph: str) -> None:
        """Args:
        task_spec: JSON of the task as it was trained.
        files: paths of TFLite files by the name of their variant.
        transform_graph: directory of Transform's graph.
        """
        self._task_spec = task_spec
        self._files = files
        self._transform_graph = transform_graph

    def setup(self) -> None:
        """Loads the files and the graph, once a worker."""
        self._task = TaskSpec.parse(self._task_spec)
        output = tft.TFTransformOutput(self._transform_graph)
        self._transform = output.transform_features_layer()
        self._raw_spec = output.raw_feature_spec()
        self._models = {name: TFLiteModel(path) for name, path in self._files.items()}

    def process(self, batch: list[bytes]) -> Iterator[bytes]:
        """Serialized examples, raw to raw with predictions."""
        features = self._transform(tf.io.parse_example(tf.constant(batch), self._raw_spec))
        inputs = {name: value.numpy() for name, value in self._task.model_inputs(features).items()}
        key = self._task.prediction_key
        predictions = {}
        for name, model in self._models.items():
            outputs = {output: tf.constant(value) for output, value in model.predict(inputs).items()}
            predictions[name] = self._task.predictions(outputs)[key].numpy()
        for index, text in enumerate(batch):
            example = tf.train.Example.FromString(text)
            for name, values in predictions.items():
                example.features.feature[f"{name}/{key}"].float_list.value.extend(values[index].reshape(-1))
            yield example.SerializeToString()
