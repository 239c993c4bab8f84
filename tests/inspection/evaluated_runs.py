"""A root of two runs that were tuned, and evaluated on the same test images, made by hand: no model is asked."""

import base64
import io
import json
from pathlib import Path

import numpy as np
from ml_metadata.proto import metadata_store_pb2 as mlmd
from PIL import Image

from inspection.trials import RESULTS_FILE
from records.evaluation import CANDIDATE
from records.predictions import Predictions, write_predictions
from records.shown_examples import ShownExample, write_shown_examples
from tests.components.tfma_files import write_tfma_files
from tests.inspection.root_writer import FIRST, SECOND, RootWriter

METRICS = ("accuracy", "cross_entropy")
# As TFX writes them, the best one first.
TRIALS = [
    {
        "trial_id": str(number),
        "score": 0.95 - 0.02 * number,
        "train.learning_rate": rate,
        "options.model.se_ratio": ratio,
    }
    for number, (rate, ratio) in enumerate([(0.004, 4), (0.01, 8), (0.0004, 4), (0.00004, 16)])
]


def said(probabilities: np.ndarray, labels: np.ndarray) -> Predictions:
    """The record of a model as Evaluator writes it.

    Args:
      probabilities: `[example, class]`.
      labels: index of the class of each, `[example]`.
    """
    right = probabilities.argmax(axis=1) == labels
    losses = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1))
    return Predictions(
        keys=np.arange(len(labels), dtype=np.uint64),
        kind="classes",
        overlap=False,
        threshold=0.5,
        labels=labels.astype(np.float32),
        models=(CANDIDATE,),
        outputs=probabilities[None].astype(np.float32),
        metrics=METRICS,
        values=np.array([[right, losses]], np.float32),
        slices=tuple(f"label={label}" for label in range(probabilities.shape[1])),
        places=labels[:, None].astype(np.int32),
    )


def write_evaluated_runs(path: Path, *, examples: int, classes: int = 10) -> RootWriter:
    """Writes the runs; the second one's model is a little better.

    Args:
      path: of the root.
      examples: in the test split.
      classes: that there are.
    """
    writer, draw = RootWriter(path), np.random.default_rng(0)
    labels = draw.integers(0, classes, examples)
    for run, skill in ((FIRST, 3.0), (SECOND, 3.2)):
        logits = draw.normal(size=(examples, classes)) + skill * np.eye(classes)[labels]
        found = said(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels)
        evaluation = path / "artifacts" / run
        evaluation.mkdir(parents=True)
        write_predictions(str(evaluation), found)
        write_shown_examples(str(evaluation), _shown(found))
        right, losses = (found.values_of(CANDIDATE, metric) for metric in METRICS)
        slices = {"": labels >= 0, **{str(label): labels == label for label in range(classes)}}
        write_tfma_files(evaluation, {name: _tfma_values(right[of], losses[of]) for name, of in slices.items()})
        trials = path / "artifacts" / f"{run}-trials"
        trials.mkdir()
        (trials / RESULTS_FILE).write_text(json.dumps(TRIALS))
        results = writer.artifact("TunerResults", trials.name)
        writer.execution(run, "Tuner", mlmd.Execution.COMPLETE, {}, {"tuner_results": results})
        written = writer.artifact("ModelEvaluation", run)
        writer.execution(run, "Evaluator", mlmd.Execution.COMPLETE, {}, {"evaluation": written})
        tested = {"test_accuracy": float(right.mean()), "test_cross_entropy": float(losses.mean())}
        writer.record(
            run,
            nodes=[{"name": "Tuner", "state": "done"}, {"name": "Evaluator", "state": "done"}],
            config={"tune": {"metric": "accuracy"}},
            metrics={**tested, "test_example_count": examples},
            label_key="label",
            labels=[f"class {label}" for label in range(classes)],
        )
    return writer


def _tfma_values(right: np.ndarray, losses: np.ndarray) -> dict[tuple[str, str], float]:
    values = {"accuracy": right.mean(), "cross_entropy": losses.mean(), "example_count": len(right)}
    return {(CANDIDATE, metric): float(value) for metric, value in values.items()}


def _shown(found: Predictions) -> list[ShownExample]:
    """The twenty that the model is most wrong about, and any twenty."""
    losses = found.values_of(CANDIDATE, "cross_entropy")
    places = dict.fromkeys([*np.argsort(-losses)[:20].tolist(), *range(20)])
    return [
        ShownExample(
            key=f"{int(found.keys[place]):016x}",
            loss=float(losses[place]),
            slices=(f"label={int(found.labels[place])}",),
            label=(float(found.labels[place]),),
            output=tuple(found.outputs[0, place].tolist()),
            features={"image": {"image": "png", "data": _image(place)}, "width": [8.0], "camera": ["left <b>"]},
        )
        for place in places
    ]


def _image(seed: int) -> str:
    """A PNG file of 8 by 8 pixels, base64."""
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()
