"""Which options a step is given: those that its aspects of the task read, no fewer and no more."""

import functools
from typing import Any, get_args

import pytest
from pydantic import PrivateAttr

from tasks.aspects import Aspect
from tasks.base import Task, TaskOptions
from tasks.loading import TaskSpec, task_class
from tasks.options import UndeclaredOptionError
from tasks.options_read import options_read
from tasks.shipped import SHIPPED_TASKS
from tests.tasks.transformed import TASKS

SPECS = {
    name: TaskSpec(task=spec.task, options=spec.load().resolved_options().model_dump(mode="json"))
    for name, spec in TASKS.items()
    if spec.task in SHIPPED_TASKS
}


def _source(task: Task) -> Any:
    source = task.source()
    shard = source.shards("test")[0]
    origin, example = next(iter(source.examples(shard)))
    return source.fingerprint(), origin, example, task.example_defect(example), task.repairs()


def _preprocessing(task: Task) -> Any:
    # Transform traces the function with whatever the schema says that examples hold.
    from tensorflow_transform import impl_helper
    from tensorflow_transform.tf_metadata import schema_utils

    wholes = [spec.load() for spec in SPECS.values()]
    schema, *_ = [whole.schema() for whole in wholes if type(whole) is type(task) and _is_part(task, whole)]
    specs = impl_helper.get_type_specs_from_feature_specs(schema_utils.schema_as_feature_spec(schema).feature_spec)
    graph, _, _ = impl_helper.trace_preprocessing_function(task.preprocessing_fn, specs, use_tf_compat_v1=False)
    return [node.op for node in graph.as_graph_def().node]


def _is_part(task: Task, whole: Task) -> bool:
    return all(getattr(whole.options, name) == value for name, value in vars(task.options).items())


def _serving(task: Task) -> Any:
    return task.serving_metadata(), task.labels(), task.evaluation_keys


# What an aspect's methods give, as far as it can be had without training.
ASPECTS = {
    "source": _source,
    "schema": lambda task: task.schema(),
    "preprocessing": _preprocessing,
    "training": lambda task: (task.model().count_params(), type(task.objective())),
    "evaluation": lambda task: task.metrics(),
    "serving": _serving,
}
CASES = [(name, aspect) for name in SPECS for aspect in ASPECTS]


def test_the_aspects_are_those_of_the_contract():
    assert set(ASPECTS) == set(get_args(Aspect))


@pytest.mark.parametrize(("name", "aspect"), CASES)
def test_what_an_aspect_lists_is_enough(name, aspect):
    whole, part = SPECS[name].load(), SPECS[name].of_step(aspect).load()
    assert ASPECTS[aspect](part) == ASPECTS[aspect](whole)


@pytest.mark.parametrize(
    ("name", "aspect", "option"),
    [
        (name, aspect, each)
        for name, aspect in CASES
        for each in SPECS[name].load().reads.get(aspect, ())
        # Which reads examples, too.
        if aspect != "training"
    ],
)
def test_what_an_aspect_lists_is_read(name, aspect, option):
    """Else a change of it would run a step anew that gives the same."""
    part = SPECS[name].of_step(aspect)
    without = part.model_copy(update={"options": {key: part.options[key] for key in part.options if key != option}})
    with pytest.raises(UndeclaredOptionError, match=f"Received: {option} of"):
        ASPECTS[aspect](without.load())


class Undeclaring(Task):
    """A user's task, which lists nothing."""

    class Options(TaskOptions):
        size: int
        shade: str = "grey"


def test_what_a_task_does_not_list_is_given_whole():
    assert options_read(Undeclaring, ["source"]) == {"size", "shade"}


def _subclass(**overridden: Any) -> type[Task]:
    """Of a task that lists what it reads."""
    return type("Mine", (task_class(SPECS["image_classification"].task),), overridden)


@pytest.mark.parametrize(
    ("name", "reads_all"),
    [("metrics", {"evaluation", "training"}), ("schema", {"schema", "training"}), ("labels", set(ASPECTS))],
)
def test_who_overrides_a_method_reads_all_where_it_is_asked(name, reads_all):
    cls = _subclass(**{name: lambda self: None})
    every = set(cls.Options.model_fields)
    assert {aspect for aspect in ASPECTS if options_read(cls, [aspect]) == every} == reads_all


def test_who_overrides_a_method_may_list_what_it_reads():
    cls = _subclass(metrics=lambda self: None, reads={"evaluation": ("height",)})
    assert options_read(cls, ["evaluation"]) == {"height"}


def test_an_option_that_is_not_given_is_no_default():
    part = Undeclaring.Options.validate_part({"size": 3})
    assert part.size == 3
    with pytest.raises(UndeclaredOptionError, match=r"Received: shade of Options, where size are listed. Add 'shade'"):
        part.shade  # noqa: B018


@pytest.mark.parametrize("asks", [dict, TaskOptions.model_dump, TaskOptions.model_dump_json])
def test_all_of_a_part_is_not_to_be_had(asks):
    with pytest.raises(UndeclaredOptionError, match="Received: shade"):
        asks(Undeclaring.Options.validate_part({"size": 3}))


def test_what_is_given_of_a_part_can_be_dumped():
    part = Undeclaring.Options.validate_part({"size": 3})
    assert part.model_dump(include={"size"}) == part.model_dump(exclude={"shade"}) == {"size": 3}


def test_options_that_compute_at_their_start_read_what_they_are_given():
    class Computing(TaskOptions):
        size: int = 3
        shade: str = "grey"
        _area: int = PrivateAttr(0)

        def model_post_init(self, context: Any) -> None:
            self._area = self.size**2

    assert Computing.validate_part({"size": 5})._area == 25
    with pytest.raises(UndeclaredOptionError, match="Received: size"):
        Computing.validate_part({"shade": "red"})


def test_a_step_that_reads_all_gets_the_whole():
    assert not SPECS["few_shot_regression"].of_step("training").is_part
    assert SPECS["few_shot_regression"].of_step("evaluation").is_part


@pytest.mark.parametrize("wrap", [staticmethod, functools.cached_property, functools.lru_cache, property])
def test_a_method_is_overridden_however_it_is_wrapped(wrap):
    assert options_read(_subclass(metrics=wrap(lambda self=None: None)), ["evaluation"]) > set()


def test_a_part_is_checked():
    with pytest.raises(ValueError, match="valid integer"):
        Undeclaring.Options.validate_part({"size": "large"})


def test_tuned_values_reach_the_steps_that_read_them():
    spec = SPECS["few_shot_regression"]
    values = {"learner.steps": 2, "widths": [7]}
    assert spec.of_step("evaluation").with_values(values).load().options.learner.steps == 2
    assert "widths" not in spec.of_step("evaluation").with_values(values).options
    assert spec.of_step("training").with_values(values).load().options.widths == (7,)
