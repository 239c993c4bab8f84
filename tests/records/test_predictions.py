import numpy as np
import pytest

from records.predictions import PREDICTIONS_FILE, Predictions, read_predictions, write_predictions
from records.shown_examples import ShownExample, read_shown_examples, write_shown_examples


def predictions(*, keys, values, metrics=("accuracy",), overlap=False) -> Predictions:
    """Those of one model; each example contributes `values` `[metric, example]` and is in either slice in turn."""
    size = len(keys)
    return Predictions(
        keys=np.array(keys, np.uint64),
        kind="classes",
        overlap=overlap,
        threshold=0.5,
        labels=np.zeros(size, np.float32),
        models=("candidate",),
        outputs=np.full((1, size, 2), 0.5, np.float32),
        metrics=metrics,
        values=np.array([values], np.float32),
        slices=("label=0", "label=1"),
        places=np.arange(size, dtype=np.int32)[:, None] % 2,
    )


def test_what_is_written_is_read(tmp_path):
    written = predictions(keys=[2**64 - 1, 3], values=[[1.0, 0.0]])
    write_predictions(str(tmp_path), written)
    found = read_predictions(tmp_path)
    assert found is not None
    for name, value in vars(written).items():
        np.testing.assert_array_equal(getattr(found, name), value)
    assert found.values_of("candidate", "accuracy").tolist() == [1.0, 0.0]


def test_a_run_of_an_earlier_version_has_none(tmp_path):
    assert read_predictions(tmp_path) is None
    assert read_shown_examples(str(tmp_path)) == []


def test_a_pickle_is_not_read(tmp_path):
    np.savez(tmp_path / PREDICTIONS_FILE, told=np.array([print], object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        read_predictions(tmp_path)


def test_examples_of_a_slice_are_told():
    found = predictions(keys=[1, 2, 3], values=[[1, 1, 1]])
    assert found.in_slice("label=0").tolist() == [True, False, True]
    assert found.in_slice("label=7").tolist() == [False, False, False]


def test_shown_examples_are_read_the_worst_first(tmp_path):
    image = {"image": "png", "data": "iVBORw0KGgo="}
    written = [
        ShownExample(
            key=key, loss=loss, slices=("label=3",), label=(3.0,), output=(0.2, 0.8), features={"image": image}
        )
        for key, loss in (("0a", 0.1), ("0b", 2.5))
    ]
    write_shown_examples(str(tmp_path), written)
    assert read_shown_examples(str(tmp_path)) == written[::-1]
