import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compression.changes.masks import masks
from compression.recipe import PruningOptions

SMALL = np.array([[1.0, -5.0], [2.0, 6.0]])
LARGE = np.array([[30.0, -40.0], [3.0, 4.0]])


def _masks(kernels, sparsity, **options):
    return masks(kernels, PruningOptions(sparsity=0.5, **options), sparsity)


def test_the_smallest_of_all_layers_go():
    found = _masks({"a": SMALL, "b": LARGE}, 0.5)
    np.testing.assert_array_equal(found["a"], [[0, 1], [0, 1]])
    np.testing.assert_array_equal(found["b"], [[1, 1], [0, 0]])


def test_the_smallest_of_each_layer_go():
    found = _masks({"a": SMALL, "b": LARGE}, 0.25, scope="layer")
    np.testing.assert_array_equal(found["a"], [[0, 1], [1, 1]])
    np.testing.assert_array_equal(found["b"], [[1, 1], [0, 1]])


def test_two_of_four_inputs_of_each_output_stay():
    kernel = np.array([[1.0, 9.0], [-4.0, 8.0], [3.0, -7.0], [2.0, 6.0], [0.5, 0.5]])
    [mask] = _masks({"a": kernel}, 0.5, structure="2:4").values()
    # The fifth input has no group.
    np.testing.assert_array_equal(mask, [[0, 1], [1, 1], [1, 0], [0, 0], [1, 1]])


def test_blocks_go_whole_by_their_mean_magnitude():
    kernel = np.array([[1.0, 9.0], [-1.0, 1.0], [4.0, 2.0], [4.0, 2.0], [3.5, 0.1]])
    # Means of blocks of two inputs: 1, 5; 4, 2; and of what is left over 3.5, 0.1.
    [mask] = _masks({"a": kernel}, 0.5, structure="block", block=(2, 1)).values()
    np.testing.assert_array_equal(mask, [[0, 1], [0, 1], [1, 0], [1, 0], [1, 0]])


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 6)), min_size=1, max_size=3),
    st.floats(0, 1),
    st.sampled_from(["global", "layer"]),
    st.integers(0, 9),
)
def test_as_many_go_as_asked_and_none_is_larger_than_one_that_stays(shapes, sparsity, scope, seed):
    rng = np.random.default_rng(seed)
    kernels = {str(number): rng.normal(size=shape) for number, shape in enumerate(shapes)}
    found = _masks(kernels, sparsity, scope=scope)
    together = [[*kernels]] if scope == "global" else [[path] for path in kernels]
    for paths in together:
        values = np.concatenate([np.abs(kernels[path]).ravel() for path in paths])
        kept = np.concatenate([found[path].ravel() for path in paths]).astype(bool)
        assert np.sum(~kept) == round(sparsity * len(values))
        assert max(values[~kept], default=0) <= min(values[kept], default=np.inf)
