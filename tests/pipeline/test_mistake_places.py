"""Places of mistakes, in models of this file's own."""

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.mistake_places import of_the_nearest, place_of


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Small(Strict):
    kind: Literal["small"]
    size: int


class Large(Strict):
    kind: Literal["large"]
    parts: tuple[Small, ...] = ()

    @model_validator(mode="after")
    def _is_checked(self) -> "Large":
        return self


class Shares(Strict):
    train: float
    test: float


class Ranges(Strict):
    train: tuple[int, int]
    test: tuple[int, int]
    unit: str


class Whole(Strict):
    model: Annotated[Small | Large, Field(discriminator="kind")] | None = None
    by_name: dict[Literal["a", "b"], Small] = Field(default_factory=dict)
    splits: Shares | Ranges | None = None
    sizes: Annotated[int, Field(ge=1)] | tuple[Annotated[int, Field(ge=1)], ...] = 1


def mistakes(value: Any) -> list[tuple[tuple[str | int, ...], list[str]]]:
    """The key of each mistake and what pydantic calls it."""
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(value)
    placed = [(place_of(Whole, error["loc"]), error) for error in caught.value.errors()]
    return [(together[0][0].key, [error["type"] for _, error in together]) for together in of_the_nearest(placed)]


@pytest.mark.parametrize(
    ("value", "key", "kinds"),
    [
        ({"sise": 1}, ("sise",), ["extra_forbidden"]),
        ({"model": {"kind": "small", "size": "x"}}, ("model", "size"), ["int_parsing"]),
        ({"model": {"kind": "small", "size": 1, "x": 1}}, ("model", "x"), ["extra_forbidden"]),
        ({"model": {"kind": "huge"}}, ("model",), ["union_tag_invalid"]),
        ({"model": {"kind": "large", "parts": [{"kind": "small"}]}}, ("model", "parts", 0, "size"), ["missing"]),
        ({"by_name": {"c": {"kind": "small", "size": 1}}}, ("by_name", "c"), ["literal_error"]),
        ({"by_name": {"a": {"kind": "small"}}}, ("by_name", "a", "size"), ["missing"]),
        ({"splits": {"train": 0.5, "test": 0.5, "x": 1}}, ("splits", "x"), ["extra_forbidden"]),
        ({"splits": {"train": [1, 2], "test": [2, 3]}}, ("splits", "unit"), ["missing"]),
        ({"splits": 3}, ("splits",), ["model_type", "model_type"]),
        ({"sizes": [1, 0]}, ("sizes", 1), ["greater_than_equal"]),
        ({"sizes": "x"}, ("sizes",), ["int_parsing"]),
        ({"sizes": 0}, ("sizes",), ["greater_than_equal"]),
    ],
)
def test_a_place_is_named_as_it_is_written(value, key, kinds):
    assert mistakes(value) == [(key, kinds)]


def test_the_model_that_lacks_a_key_is_known():
    assert place_of(Whole, ("model", "large", "part")).parent is Large
    assert place_of(Whole, ("by_name", "a", "sise")).parent is Small
    assert place_of(Whole, ("splits", "Shares", "tset")).parent is Shares


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["small", "large", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "size", "parts", "train", "test", "unit", "a"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["model", "by_name", "splits", "sizes", "other"]), JSON, max_size=4))
def test_every_place_leads_to_what_was_written_or_should_have_been(value):
    try:
        Whole.model_validate(value)
    except ValidationError:
        found = mistakes(value)
        assert found
        for key, kinds in found:
            here: Any = value
            for part in key[:-1] if kinds == ["missing"] else key:
                here = here[part]
