import pytest
from pydantic import ValidationError

from tasks.loading import TaskSpec
from tasks.overrides import with_values
from training.options import TrainOptions

SPEC = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
)


def test_values_go_where_their_keys_say():
    spec, train = with_values(SPEC, TrainOptions(), {"train.schedule.kind": "constant", "options.model.dropout": 0.5})
    assert train.schedule.kind == "constant"
    assert train.schedule.end == 0
    assert spec.load().options.model.dropout == 0.5
    assert spec.load().options.model.widths == (16, 32, 64)


@pytest.mark.parametrize("key", ["train.learning_rat", "options.model.depth"])
def test_a_key_that_there_is_not_is_refused(key):
    with pytest.raises(ValidationError):
        with_values(SPEC, TrainOptions(), {key: 1})
