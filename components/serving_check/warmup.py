"""The requests by which a server warms a pushed version up before it answers: those that were just answered right."""

import os
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from records.warmup import MAX_RECORDS, WARMUP_FILE


def write_warmup(directory: str, requests: Mapping[str, Mapping[str, np.ndarray]], *, examples: int) -> None:
    """Writes a TFRecord file of `PredictionLog`s, as TF Serving reads it while it loads a version.

    The first examples one by one, and all of them at once, through each signature. A request that fails would keep a
    server from loading the version (servables/tensorflow/saved_model_warmup_util.cc): only such go in as were tried.

    Args:
      directory: the file's.
      requests: `{signature: {input: [example, ...]}}`.
      examples: how many go in one by one.
    """
    with tf.io.TFRecordWriter(os.path.join(directory, WARMUP_FILE)) as writer:
        for number, log in enumerate(_logs(requests, examples)):
            assert number < MAX_RECORDS, "TF Serving refuses a version with more"
            writer.write(log.SerializeToString())


def _logs(
    requests: Mapping[str, Mapping[str, np.ndarray]], examples: int
) -> Iterator[prediction_log_pb2.PredictionLog]:
    for signature, inputs in requests.items():
        count = len(next(iter(inputs.values())))
        for part in (*(slice(index, index + 1) for index in range(min(examples, count))), slice(None)):
            # A server takes the model and the version from where the file lies.
            request = predict_pb2.PredictRequest(model_spec=model_pb2.ModelSpec(signature_name=signature))
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values[part]))
            yield prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
