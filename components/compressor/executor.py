"""Compressor's runtime."""

import os
import tempfile
from pathlib import Path

import tensorflow_transform as tft
from tfx.types import standard_artifacts

from components.compressor.measuring import costs, evaluate_files, measure
from components.compressor.options import CompressorOptions
from components.compressor.packed_files import packed_files, weights_digest
from components.compressor.retraining import Retraining
from components.compressor.variants import make_variants
from components.workspace import workspace
from compression.choice import choose
from compression.files.packing import pack_files
from records.artifact_files import write_file
from records.model_run import MODEL_FILE, read_model_facts
from records.variants import variant_file, write_choice, write_measurements
from tasks.loading import TaskSpec
from tasks.overrides import with_values
from tasks.transformed_data import TransformedData
from training.distribution import strategy
from training.options import TrainOptions


def compress_model(
    *,
    model_run: standard_artifacts.ModelRun,
    transformed_examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    task_spec: str,
    code: str,
    compress: CompressorOptions,
    train: TrainOptions,
    seed: int,
    workspaces: str,
    uri: str,
) -> None:
    """Writes `<uri>/<variant>.tflite` for each variant, their measurements and the choice among them.

    Until that is done, trainings of recipes keep their checkpoints in a workspace, which outlives a killed step.

    Raises:
      ConversionError: a variant could not be made.
      LayerPatternError: a pattern of a recipe fits no layer.
      StudentError: a student cannot take the trained model's place.
      Preempted: on SIGTERM in a training, after a checkpoint.
    """
    spec, train_options = with_values(
        TaskSpec.model_validate_json(task_spec),
        train,
        read_model_facts(model_run.uri).hyperparameters,
    )
    # First: several processes have to find each other before TensorFlow computes anything.
    where = strategy(train_options.distribution)
    task = spec.load()
    data = TransformedData(
        task=task,
        directory=transformed_examples.uri,
        feature_spec=tft.TFTransformOutput(transform_graph.uri).transformed_feature_spec(),
    )
    inputs = [artifact.uri for artifact in (model_run, transformed_examples, transform_graph)]
    examples = compress.calibration_examples
    place = workspace(workspaces, code, task_spec, train.model_dump(mode="json"), seed, examples, inputs)
    sample = data.calibration_sample(examples)
    with tempfile.TemporaryDirectory() as directory:
        trained = task.load_model(os.path.join(model_run.uri, MODEL_FILE))
        retraining = Retraining(
            trained,
            data,
            spec,
            train=train_options,
            sample=sample,
            seed=seed,
            strategy=where,
            workspaces=place,
        )
        made = make_variants(
            compress.variants,
            retraining,
            sample,
            Path(directory),
            select_ops=compress.select_ops,
        )
        digest = weights_digest(trained)
        for variant in made:
            files = packed_files(spec, variant, digest=digest, seed=seed)
            variant.path.write_bytes(pack_files(variant.path.read_bytes(), files))
            write_file(uri, variant_file(variant.name), variant.path.read_bytes())
        evaluations = evaluate_files(task, made, data.evaluation(256))
        measurements = measure(made, sample, evaluations)
        write_measurements(uri, measurements)
        write_choice(uri, choose(costs(task, measurements, evaluations), compress.budgets))
    place.rmtree(missing_ok=True)
