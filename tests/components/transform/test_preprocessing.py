import numpy as np
import tensorflow as tf

from components.transform.preprocessing import preprocessing_fn
from tests.components.points import SPEC


def test_it_is_the_preprocessing_of_the_task_in_the_config():
    raw = {"point": tf.constant([[300.0, -200.0]]), "label": tf.constant([[1]])}
    features = preprocessing_fn(raw, {"task_spec": SPEC.model_dump_json()})
    np.testing.assert_allclose(features["point"], [[3.0, -2.0]])
    assert features["label"].numpy().tolist() == [1]
