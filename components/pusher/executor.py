"""Pusher's runtime."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from etils import epath
from tfx.types import artifact, standard_artifacts
from tfx.utils import path_utils

from components.artifacts import CompressedModels
from components.bundle_metadata import describe
from components.evaluator.metrics import candidate_metrics
from components.gates import ADVICE, GateRefused
from components.pusher.card import model_card
from components.pusher.card_facts import card_facts
from components.pusher.card_options import CardConfig
from components.trained_spec import trained_spec
from records.bundle import CARD_FILE, LABELS_FILE, METADATA_FILE
from records.findings import Finding
from records.properties import BLESSED, PUSHED, PUSHED_DESTINATION, PUSHED_VERSION, STAGED_FROM
from records.push import Push, write_push
from records.shipment import read_shipment
from records.variants import MeasuredVariant, read_choice, read_measurements, variant_file
from records.warmup import WARMUP_FILE, WARMUP_FOLDER
from serving.registry import Registry, Stage
from serving.registry.storage import tree
from tasks.base import Task


def push_model(
    *,
    model: standard_artifacts.Model,
    model_run: standard_artifacts.ModelRun,
    variants: CompressedModels,
    evaluation: standard_artifacts.ModelEvaluation,
    statistics: standard_artifacts.ExampleStatistics,
    blessings: Mapping[str, artifact.Artifact],
    task_spec: str,
    registry: str,
    model_name: str,
    stage: Stage,
    card: CardConfig,
    pushed_model: standard_artifacts.PushedModel,
) -> None:
    """Pushes the SavedModel and the bundle of the TFLite files that ship, and records where they went.

    Raises:
      GateRefused: a blessing is missing.
    """
    require_blessings(blessings)
    names = read_shipment(blessings["serving"].uri).variants
    shipped = [each for each in read_measurements(variants.uri) if each.name in names]
    store = Registry(registry)
    # What ships: a push that was cut off and is run again finds what it had pushed.
    key = push_key(path_utils.serving_model_path(model.uri), variants.uri, shipped)
    before = store.pushed_as(model_name, key)
    spec = trained_spec(task_spec, model_run.uri)
    task = spec.load()
    lineage = {
        "model_artifact": model.id,
        "model_uri": model.get_string_custom_property(STAGED_FROM) or model.uri,
    }
    facts = card_facts(
        model=model_name,
        spec=spec,
        task=task,
        model_run_uri=model_run.uri,
        statistics_uri=statistics.uri,
        evaluation_uri=evaluation.uri,
        blessing_uris=[evaluation.uri, blessings["serving"].uri],
        variants_uri=variants.uri,
        shipped=shipped,
        run=lineage,
    )
    with tempfile.TemporaryDirectory() as directory:
        card_file = Path(directory) / CARD_FILE
        card_file.write_text(model_card(card, facts))
        version = store.push(
            model_name,
            saved_model=path_utils.serving_model_path(model.uri),
            bundle=write_bundle(task, variants.uri, shipped, Path(directory)),
            extra={**warmup_requests(blessings["serving"].uri), CARD_FILE: str(card_file)},
            metrics=candidate_metrics(evaluation.uri),
            lineage=lineage,
            stage=stage,
            push_key=key,
        )
    destination = str(store.path(version))
    pushed_model.set_string_custom_property(PUSHED_DESTINATION, destination)
    pushed_model.set_string_custom_property(PUSHED_VERSION, str(version.number))
    pushed_model.set_int_custom_property(PUSHED, 1)
    push = Push(
        destination=destination,
        version=version.number,
        stage=version.stage,
        in_this_run=before is None,
        moved_from=before.stage if before and before.stage != version.stage else None,
    )
    write_push(pushed_model.uri, push)


def push_key(saved_model: str, variants_uri: str, shipped: Sequence[MeasuredVariant]) -> str:
    """The same for the same SavedModel, TFLite files that ship and choice; measurements that differ from run to run do
    not count."""
    digest = hashlib.sha256(content_digest(saved_model).encode())
    for variant in shipped:
        name = variant_file(variant.name)
        digest.update(name.encode() + hashlib.sha256((epath.Path(variants_uri) / name).read_bytes()).digest())
    digest.update(str(read_choice(variants_uri).variant).encode())
    return digest.hexdigest()


def content_digest(directory: str) -> str:
    """A digest of the names and the contents of all files below a directory."""
    digest = hashlib.sha256()
    root = epath.Path(directory)
    for name in sorted(tree(root)):
        digest.update(name.encode() + b"\0" + hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


def warmup_requests(blessing_uri: str) -> dict[str, str]:
    """Name in the version -> file, of the requests that ServingCheck left to warm up by; empty where it left none."""
    file = os.path.join(blessing_uri, WARMUP_FILE)
    return {f"{WARMUP_FOLDER}/{WARMUP_FILE}": file} if epath.Path(file).exists() else {}


def require_blessings(blessings: Mapping[str, artifact.Artifact]) -> None:
    """Raises GateRefused when an artifact is not blessed."""
    for gate, blessing in blessings.items():
        if blessing.get_int_custom_property(BLESSED) != 1:
            finding = Finding(gate=gate, metric="blessing", where="", value="none", limit="given", passed=False)
            raise GateRefused([finding], ADVICE[gate])


def write_bundle(task: Task, variants_uri: str, shipped: Sequence[MeasuredVariant], directory: Path) -> dict[str, str]:
    """The TFLite bundle: {name in the bundle: file}; `labels.txt` and `metadata.json` are written to `directory`.

    Args:
      task: the task as it was trained.
      variants_uri: directory of the files and of the choice among them.
      shipped: measurements of the variants that go into the bundle.
      directory: folder for the files that are written.
    """
    files = [variant_file(variant.name) for variant in shipped]
    bundle = {file: os.path.join(variants_uri, file) for file in files}
    # What is known by layer or by call is for people, who have it in the run record; a device downloads this, and has
    # to have the ops.
    measurements = [
        {key: value for key, value in asdict(variant).items() if key == "ops" or not isinstance(value, tuple)}
        for variant in shipped
    ]
    metadata = {**describe(task), "variants": measurements}
    # Which of the files to take: the best one within the budgets.
    metadata["chosen"] = read_choice(variants_uri).variant
    (directory / METADATA_FILE).write_text(json.dumps(metadata, indent=1))
    bundle[METADATA_FILE] = str(directory / METADATA_FILE)
    if task.labels():
        (directory / LABELS_FILE).write_text("\n".join(task.labels()) + "\n")
        bundle[LABELS_FILE] = str(directory / LABELS_FILE)
    return bundle
