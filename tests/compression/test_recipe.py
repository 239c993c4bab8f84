import pytest
from pydantic import ValidationError

from compression.recipe import Recipe


def test_a_recipe_changes_something():
    with pytest.raises(ValidationError, match=r"must have prune, .* or cluster; .* Received: plain with none"):
        Recipe(name="plain", precision="int8")


def test_name_and_precision_are_no_part_of_the_training():
    one = Recipe(name="one", precision="int8", prune={"sparsity": 0.5})
    other = Recipe(name="other", precision="float32", prune={"sparsity": 0.5})
    assert one.training() == other.training()
    assert one.training() != Recipe(name="one", prune={"sparsity": 0.6}).training()
