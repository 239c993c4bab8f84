"""Recipes that a task's models do not allow, refused where the config is read."""

import pytest

from compression.recipe import Recipe
from tasks.loading import TaskSpec
from tasks.recipe_checks import RecipeError, check_recipe, check_student
from tests.tasks.transformed import TASKS

# Every step of a recipe but the teacher, whose student is checked by itself.
CHANGES = [name for name, field in Recipe.model_fields.items() if field.default is None and name != "distil"]
STUDENT = Recipe(name="student", distil={"student": {"options.any": 1}})


def _changed(name: str, **options: object) -> TaskSpec:
    return TaskSpec(task=TASKS[name].task, options={**TASKS[name].options, **options})


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("image_classification", set()),
        ("forecasting", {"prune_channels", "quantize_aware"}),
        ("tabular", set()),
        ("few_shot_regression", set(CHANGES)),
        ("few_shot_classification", set(CHANGES)),
    ],
)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_the_models_do_not_allow_is_refused_with_the_reason(name, refused, change):
    recipe, task = Recipe(name="changed", precision="int8", **{change: {}}), TASKS[name].load()
    if change not in refused:
        check_recipe(recipe, task)
        return
    with pytest.raises(
        RecipeError, match=rf"{change} needs models .* Received: {change} in changed .*, where"
    ) as mistake:
        check_recipe(recipe, task)
    assert mistake.value.exit_code == 2


@pytest.mark.parametrize("name", TASKS)
def test_a_student_may_be_as_its_teacher(name):
    check_student(STUDENT, TASKS[name].load(), TASKS[name].load())


@pytest.mark.parametrize(
    ("name", "options", "different"),
    [
        ("image_classification", {"height": 16}, r"\{'height': 8\}. Received: \{'height': 16\}"),
        ("forecasting", {"horizon": 13}, r"\{'horizon': 26\}. Received: \{'horizon': 13\}"),
        # A recurrent network reads the calendar, which the teacher does not.
        ("forecasting", {"model": {"kind": "recurrent"}}, r"\{'calendar': False\}. Received: \{'calendar': True\}"),
        ("tabular", {"columns": {"left_out": ["hue"]}}, r"'hue'.* Received: .*'left_out': \['hue'\]"),
        ("few_shot_classification", {"ways": [3]}, r"'outputs': 2.* Received: .*'outputs': 3"),
        ("few_shot_regression", {"learner": {"kind": "maml"}}, r"'kind': 'cavia'.* Received: .*'kind': 'maml'"),
    ],
)
def test_a_student_of_other_inputs_or_outputs_is_refused(name, options, different):
    with pytest.raises(RecipeError, match=rf"student: distil.student must leave .* as they are: .*{different}"):
        check_student(STUDENT, TASKS[name].load(), _changed(name, **options).load())
