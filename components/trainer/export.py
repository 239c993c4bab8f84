"""The SavedModel that is evaluated, served and pushed."""

import keras
import tensorflow as tf
import tensorflow_transform as tft

from tasks.base import Task


def export(task: Task, model: keras.Model, transform_output: tft.TFTransformOutput, directory: str) -> None:
    """Writes a SavedModel with the signatures below and the task's own.

    - `serving_default`: serialized tf.Examples without what only evaluation reads, `examples: [batch]`, to the task's
      predictions; the Transform graph is inside, so that training and serving cannot disagree.
    - `predict`: the model's inputs by name, to the task's predictions. Both refuse what `Task.checked_inputs` does.
    - `model_inputs`: what `serving_default` takes, to what `predict` and the TFLite files take.
    - `transform_features`: serialized tf.Examples with the label, to transformed features: what TFMA may ask for.
    """
    raw_spec = transform_output.raw_feature_spec()
    serving_spec = {
        name: spec for name, spec in raw_spec.items() if name not in (task.label_key, *task.evaluation_keys)
    }
    transform_layer = transform_output.transform_features_layer()
    archive = keras.export.ExportArchive()
    archive.track(model)
    # With the tables of its vocabularies, which the endpoints look up in.
    archive.track(transform_layer)

    def model_inputs(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return task.checked_inputs(task.model_inputs(transform_layer(tf.io.parse_example(examples, serving_spec))))

    def serving_default(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return task.predictions(model(model_inputs(examples), training=False))

    def transform_features(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return transform_layer(tf.io.parse_example(examples, raw_spec))

    @tf.function
    def predict(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return task.predictions(model(task.checked_inputs(inputs), training=False))

    serialized = tf.TensorSpec([None], tf.string, name="examples")
    archive.add_endpoint("serving_default", serving_default, [serialized])
    archive.add_endpoint("model_inputs", model_inputs, [serialized])
    archive.add_endpoint("transform_features", transform_features, [serialized])
    # Traced by hand: an input signature has no names, and clients address the inputs by name.
    predict.get_concrete_function(**input_specs(model))
    archive.add_endpoint("predict", predict)
    for name, (function, specs) in task.endpoints(model).items():
        archive.add_endpoint(name, function, specs)
    archive.write_out(directory, verbose=False)


def input_specs(model: keras.Model) -> dict[str, tf.TensorSpec]:
    """The specs of a functional model's inputs by name, batch left open."""
    return {
        tensor.name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype, name=tensor.name) for tensor in model.inputs
    }
