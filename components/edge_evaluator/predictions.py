"""What converted files themselves predict, in Beam's workers."""

from collections.abc import Iterator, Mapping

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft

from serving.tflite import TFLiteModel
from tasks.loading import TaskSpec

BATCH_SIZE = 256


class Predict(beam.DoFn):
    """Gives each raw example of a file on, with what each model predicts for it as `<model>/<prediction key>`."""

    def __init__(self, *, task_spec: str, models: Mapping[str, str], transform_graph: str) -> None:
        """Args:
        task_spec: JSON of the task as it was trained.
        models: paths of TFLite files by the name of their variant.
        transform_graph: directory of Transform's graph.
        """
        self._task_spec = task_spec
        self._paths = models
        self._transform_graph = transform_graph

    def setup(self) -> None:
        """Loads the files and the graph, once a worker."""
        self._task = TaskSpec.parse(self._task_spec)
        output = tft.TFTransformOutput(self._transform_graph)
        self._transform = output.transform_features_layer()
        self._raw_spec = output.raw_feature_spec()
        self._models = {name: TFLiteModel(path) for name, path in self._paths.items()}

    def process(self, path: str) -> Iterator[bytes]:
        """Serialized examples, with predictions, of a gzipped TFRecord file."""
        for serialized in tf.data.TFRecordDataset(path, compression_type="GZIP").batch(BATCH_SIZE):
            yield from self._predict(serialized)

    def _predict(self, serialized: tf.Tensor) -> Iterator[bytes]:
        features = self._transform(tf.io.parse_example(serialized, self._raw_spec))
        inputs = {name: value.numpy() for name, value in self._task.model_inputs(features).items()}
        key = self._task.prediction_key
        predictions = {}
        for name, model in self._models.items():
            outputs = {output: tf.constant(value) for output, value in model.predict(inputs).items()}
            predictions[name] = self._task.predictions(outputs)[key].numpy()
        for index, text in enumerate(serialized.numpy()):
            example = tf.train.Example.FromString(text)
            for name, values in predictions.items():
                example.features.feature[f"{name}/{key}"].float_list.value.extend(values[index].reshape(-1))
            yield example.SerializeToString()
