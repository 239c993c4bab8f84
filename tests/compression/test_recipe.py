import pytest
from pydantic import ValidationError

from compression.recipe import Recipe


def test_a_recipe_changes_something():
    with pytest.raises(ValidationError, match=r"must have one of distil, prune_channels, .* Received: plain with none"):
        Recipe(name="plain", precision="int8")


def test_layers_that_stay_float32_need_no_training():
    recipe = Recipe(name="partly", precision="int8", keep_float=["logits"])
    assert not recipe.retrains
    assert recipe.source() == {}


@pytest.mark.parametrize("more", [{}, {"precision": "float16"}, {"precision": "int8", "quantize_aware": {}}])
def test_layers_stay_float32_only_where_others_are_quantized_after_training(more):
    with pytest.raises(ValidationError, match="keep_float is for what quantizes after training"):
        Recipe(name="partly", keep_float=["logits"], **more)


def test_name_and_precision_are_no_part_of_the_training():
    one = Recipe(name="one", precision="int8", prune={"sparsity": 0.5})
    other = Recipe(name="other", precision="float32", prune={"sparsity": 0.5})
    assert one.training() == other.training()
    assert one.training() != Recipe(name="one", prune={"sparsity": 0.6}).training()


def test_a_quantization_aware_recipe_shares_the_training_before_it_but_not_the_source():
    sparse = Recipe(name="sparse", prune={"sparsity": 0.5})
    aware = Recipe(name="aware", precision="int8", prune={"sparsity": 0.5}, quantize_aware={})
    assert aware.training() == sparse.training()
    assert aware.source() != sparse.source()


def test_quantization_aware_training_alone_follows_no_other():
    recipe = Recipe(name="aware", precision="int8", quantize_aware={"epochs": 1})
    assert not recipe.trains
    assert recipe.training() == {}


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"precision": "float16"}, "quantize_aware is for precision int8. Received: float16"),
        ({"precision": "int8", "cluster": {}}, "weight_bits makes them few instead. Received: both"),
    ],
)
def test_a_quantization_aware_recipe_is_int8_and_not_clustered(more, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Recipe(name="aware", quantize_aware={}, **more)


def test_a_student_differs_in_options():
    with pytest.raises(ValidationError, match=r"must start with options. Received: 'train.epochs'"):
        Recipe(name="student", distil={"student": {"train.epochs": 3}})


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({}, 0.0),
        ({"prune": {"end": 0.4}}, 0.4),
        ({"prune_channels": {}}, 0.5),
        ({"distil": {}}, 0.5),
        ({"prune": {"end": 0.4}, "prune_channels": {}}, 0.5),
    ],
)
def test_clusters_are_made_once_the_rest_is_done(changes, begins):
    assert Recipe(name="small", cluster={}, **changes).clustering_begins == begins


def test_a_teacher_without_a_student_changes_nothing_by_itself():
    with pytest.raises(ValidationError, match="Received: same with none of them"):
        Recipe(name="same", distil={})


def test_a_teacher_guides_quantization_aware_training_alone():
    taught = Recipe(name="taught", precision="int8", distil={}, quantize_aware={})
    assert not taught.trains
    assert taught.source() != Recipe(name="alone", precision="int8", quantize_aware={}).source()
