import pytest

from tasks.loading import TaskNotFoundError, TaskSpec, task_class


@pytest.mark.parametrize(
    "path", ["ImageClassification", "tasks.nowhere.Task", "tasks.image_classification.Nothing", "json.JSONDecoder", ""]
)
def test_what_is_no_task_is_refused(path):
    with pytest.raises(TaskNotFoundError, match=r"Received: '.*Name one of the shipped tasks|Received: ''"):
        task_class(path)


def test_a_spec_is_checked_when_it_is_loaded():
    spec = TaskSpec(task="tasks.image_classification.ImageClassification", options={"heigth": 8})
    with pytest.raises(ValueError, match="heigth"):
        spec.load()
