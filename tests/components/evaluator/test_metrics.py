from components.evaluator.metrics import candidate_metrics, overall_metrics
from tests.components.tfma_files import write_tfma_files


def test_overall_metrics_are_by_model_and_of_all_examples(tmp_path):
    uri = write_tfma_files(
        tmp_path,
        {
            "": {("float32", "accuracy"): 0.5, ("int8", "accuracy"): 0.25, ("int8", "loss"): 2.0},
            "3": {("float32", "accuracy"): 1.0},
        },
    )
    assert overall_metrics(uri) == {"float32": {"accuracy": 0.5}, "int8": {"accuracy": 0.25, "loss": 2.0}}


def test_changes_and_what_is_no_number_are_no_metrics(tmp_path):
    values = {("", "accuracy"): 0.5, ("", "accuracy change"): 0.1, ("", "confusion_matrix"): "text"}
    assert overall_metrics(write_tfma_files(tmp_path, {"": values})) == {"": {"accuracy": 0.5}}


def test_the_candidate_s_are_told_from_the_baseline_s(tmp_path):
    uri = write_tfma_files(tmp_path, {"": {("candidate", "accuracy"): 0.5, ("baseline", "accuracy"): 0.75}})
    assert candidate_metrics(uri) == {"accuracy": 0.5}


def test_a_candidate_without_a_baseline_has_no_name(tmp_path):
    assert candidate_metrics(write_tfma_files(tmp_path, {"": {("", "accuracy"): 0.5}})) == {"accuracy": 0.5}


def test_where_nothing_was_measured_there_are_none(tmp_path):
    assert candidate_metrics(write_tfma_files(tmp_path, {})) == {}
