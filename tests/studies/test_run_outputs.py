import pytest
import tensorflow as tf
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils

from inspection.locate import RunNotFoundError
from studies.run_outputs import read_run_outputs

SPEC = {"label": tf.io.FixedLenFeature([], tf.int64)}
RUN = "20260104-000000-000"


@pytest.fixture
def transformed(writer):
    """Adds a run that came as far as Transform; returns its root."""
    examples = writer.artifact("Examples", "Transform/transformed_examples/1")
    graph = writer.artifact("TransformGraph", "Transform/transform_graph/1")
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(SPEC))
    place = writer.path / "artifacts" / "Transform" / "transform_graph" / "1" / "transformed_metadata"
    metadata_io.write_metadata(metadata, str(place))
    outputs = {"transformed_examples": examples, "transform_graph": graph}
    writer.execution(RUN, "Transform", mlmd.Execution.COMPLETE, {}, outputs)
    return writer.path


def test_the_examples_and_their_spec_are_those_of_transform(transformed):
    outputs = read_run_outputs(transformed, RUN)
    assert outputs.examples == f"{transformed}/artifacts/Transform/transformed_examples/1"
    assert outputs.feature_spec == SPEC


def test_a_run_that_did_not_come_as_far_as_trainer_has_no_model(transformed):
    outputs = read_run_outputs(transformed, RUN)
    with pytest.raises(RunNotFoundError, match=f"must have trained a model. Received: {RUN}"):
        outputs.trained_model()


def test_the_model_is_that_of_trainer(transformed, writer):
    run = writer.artifact("ModelRun", "Trainer/model_run/2")
    writer.execution(RUN, "Trainer", mlmd.Execution.COMPLETE, {}, {"model_run": run})
    model = read_run_outputs(transformed, RUN).trained_model()
    assert model == f"{transformed}/artifacts/Trainer/model_run/2/model.keras"


def test_a_run_that_did_not_come_as_far_as_transform_is_refused(writer):
    writer.execution(RUN, "ExampleGen", mlmd.Execution.COMPLETE, {}, {})
    with pytest.raises(RunNotFoundError, match=f"must have transformed its data. Received: {RUN} in "):
        read_run_outputs(writer.path, RUN)
