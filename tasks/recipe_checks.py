"""What a compression recipe asks of a task's models, held against what they allow. Needs no TensorFlow."""

from compression.recipe import Recipe
from tasks.base import Task


class RecipeError(ValueError):
    """A recipe that cannot be followed for a task's models."""

    title = "Wrong config"
    exit_code = 2


def check_recipe(recipe: Recipe, task: Task) -> None:
    """Raises RecipeError where the recipe has a step that the task's models do not allow."""
    for step, reason in task.refused_changes.items():
        if getattr(recipe, step) is not None:
            raise RecipeError(
                f"{step} needs models that it can change. Received: {step} in {recipe.name} for models of "
                f"{type(task).__name__}, where {reason}. Leave {step} out."
            )


def check_student(recipe: Recipe, task: Task, student: Task) -> None:
    """Raises RecipeError where the recipe's student would take or give something else than the task's own model."""
    expected, found = task.interface(), student.interface()
    different = [key for key in sorted({*expected, *found}) if expected.get(key) != found.get(key)]
    if different:
        theirs, ours = ({key: interface.get(key) for key in different} for interface in (expected, found))
        raise RecipeError(
            f"{recipe.name}: distil.student must leave the model's inputs and outputs as they are: {theirs}. "
            f"Received: {ours}. Change only what lies between."
        )
