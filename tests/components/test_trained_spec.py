import pytest
from pydantic import ValidationError

from components.trained_spec import trained_spec
from records.model_run import write_model_facts
from tests.components.model_facts import model_facts
from tests.components.points import SPEC


def test_options_that_tuner_found_take_the_place_of_the_config_s(tmp_path):
    write_model_facts(str(tmp_path), model_facts({"options.units": 3, "train.epochs": 2}))
    assert trained_spec(SPEC.model_dump_json(), str(tmp_path)).load().options.units == 3


def test_without_a_tuner_it_is_the_config_s(tmp_path):
    write_model_facts(str(tmp_path), model_facts())
    options = trained_spec(SPEC.model_dump_json(), str(tmp_path)).load().options
    assert options == SPEC.load().options


def test_an_option_that_the_task_has_not_is_refused(tmp_path):
    write_model_facts(str(tmp_path), model_facts({"options.unit": 3}))
    with pytest.raises(ValidationError, match="unit"):
        trained_spec(SPEC.model_dump_json(), str(tmp_path))
