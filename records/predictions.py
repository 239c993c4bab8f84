"""What a model says of each test example, beside TFMA's files: two runs' examples are paired by their keys."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from records.artifact_files import has_file, write_file
from records.stores import path_at

if TYPE_CHECKING:
    import numpy as np
    from etils import epath

PREDICTIONS_FILE = "predictions.npz"
# The examples with the smallest keys are kept, which are the same ones in every run on the same split.
MAX_EXAMPLES = 20_000
# Numbers predicted of an example; of more, as of forecasts, what they contribute to metrics is kept alone.
MAX_OUTPUTS = 128

Kind: TypeAlias = Literal["classes", "number", "other"]
"""Labels are indices of classes and predictions are probabilities; both are numbers; or anything else."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Test examples by what models say of them, sorted by key.

    Attributes:
      keys: digest of each example's content, `[example]` of uint64; equal ones have equal content.
      kind: what labels and predictions are.
      overlap: whether examples share what is predicted, as windows of a series do: a test of pairs would be too sure.
      threshold: above which a probability of class 1, where it is the only one given, is a prediction of it.
      labels: `[example]`; empty where labels are not one number each.
      models: names of the models.
      outputs: what each predicts, `[model, example, output]`; without outputs where they are more than MAX_OUTPUTS.
      metrics: names of the metrics that are means over examples or ratios of sums.
      values: what each example contributes, `[model, metric, example]`: their mean is the metric.
      slices: names of the slices, as `label=3`.
      places: slices that each example is in, `[example, place]` of indices; -1 for none.
    """

    keys: "np.ndarray"
    kind: Kind
    overlap: bool
    threshold: float
    labels: "np.ndarray"
    models: tuple[str, ...]
    outputs: "np.ndarray"
    metrics: tuple[str, ...]
    values: "np.ndarray"
    slices: tuple[str, ...]
    places: "np.ndarray"

    def values_of(self, model: str, metric: str) -> "np.ndarray":
        """What each example contributes to a metric of a model, `[example]`; both are there."""
        found: np.ndarray = self.values[self.models.index(model), self.metrics.index(metric)]
        return found

    def in_slice(self, name: str) -> "np.ndarray":
        """Whether each example is in a slice, `[example]` of bool."""
        import numpy as np

        if name not in self.slices:
            return np.zeros(len(self.keys), bool)
        found: np.ndarray = (self.places == self.slices.index(name)).any(axis=1)
        return found


def write_predictions(uri: str, found: Predictions) -> None:
    """Writes them into the directory of an evaluation."""
    import numpy as np

    told = {
        **{name: getattr(found, name) for name in _PLAIN},
        **{name: list(getattr(found, name)) for name in _NAMES},
    }
    content = io.BytesIO()
    arrays = {name: getattr(found, name) for name in _ARRAYS}
    np.savez_compressed(content, told=np.array(json.dumps(told)), **arrays)
    write_file(uri, PREDICTIONS_FILE, content.getvalue())


def read_predictions(uri: "epath.PathLike") -> Predictions | None:
    """Those of an evaluation; None where an earlier version, or nobody, wrote any."""
    import numpy as np

    place = path_at(uri)
    if not has_file(str(place), PREDICTIONS_FILE):
        return None
    # Pickles could run code; no array of ours needs one.
    with np.load(io.BytesIO((place / PREDICTIONS_FILE).read_bytes()), allow_pickle=False) as file:
        told = json.loads(str(file["told"]))
        names: dict[str, Any] = {name: tuple(told[name]) for name in _NAMES}
        arrays = {name: file[name] for name in _ARRAYS}
    return Predictions(**{name: told[name] for name in _PLAIN}, **names, **arrays)


_PLAIN: Sequence[str] = ("kind", "overlap", "threshold")
_NAMES: Sequence[str] = ("models", "metrics", "slices")
_ARRAYS: Sequence[str] = ("keys", "labels", "outputs", "values", "places")
