import pytest

from tasks.loading import TaskNotFoundError, TaskSpec, code_digest, task_class


@pytest.mark.parametrize(
    "path", ["ImageClassification", "tasks.nowhere.Task", "tasks.image_classification.Nothing", "json.JSONDecoder", ""]
)
def test_what_is_no_task_is_refused(path):
    with pytest.raises(TaskNotFoundError, match=r"Received: '.*Name one of the shipped tasks|Received: ''"):
        task_class(path)


def test_the_digest_follows_the_code(tmp_path, monkeypatch):
    module = tmp_path / "digested_task.py"
    module.write_text("ONE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    first = code_digest("digested_task")
    assert code_digest("digested_task") == first
    module.write_text("ONE = 2\n")
    assert code_digest("digested_task") != first


def test_a_spec_is_checked_when_it_is_loaded():
    spec = TaskSpec(task="tasks.image_classification.ImageClassification", options={"heigth": 8})
    with pytest.raises(ValueError, match="heigth"):
        spec.load()
