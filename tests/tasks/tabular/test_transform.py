"""Each transform of a column by hand, fitted on one table and applied to rows that it has not seen."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tasks.tabular import Tabular, TabularOptions
from tasks.tabular.metadata import input_sizes, table_shape
from tasks.tabular.numbers import piecewise_linear
from tests.tasks.transformed import transform

COLUMNS = {
    "numeric": {
        "z": {},
        "gap": {},
        "median": {"impute": "median"},
        "span": {"transform": "min_max"},
        "log": {"transform": "log"},
        "plain": {"transform": "none"},
        "bucket": {"transform": "quantiles", "buckets": 4},
        "same": {},
        "filled": {"transform": "piecewise_linear", "buckets": 4},
    },
    "categorical": {
        "town": {"frequency_threshold": 2, "oov_buckets": 2, "may_be_missing": True},
        "code": {"ids": "hash", "size": 5, "encoding": "embedding"},
        "word": {"encoding": "embedding", "frequency_threshold": 1, "oov_buckets": 0},
    },
    "boolean": {"member": {}},
    "timestamp": {
        "bought": {"format": "%d.%m.%Y %H:%M", "parts": ["day_of_week", "year"], "may_be_missing": True},
        "sent": {"parts": ["hour"], "encoding": "number"},
    },
    "multivalent": {
        "tags": {"frequency_threshold": 1, "size": 3},
        "marks": {"delimiter": "+", "ids": "hash", "size": 4, "encoding": "mean"},
    },
    "crosses": [{"of": ["town", "member", "bucket"], "size": 50}, {"of": ["word", "code"], "size": 7}],
}
HEADER = "z,gap,median,span,log,plain,bucket,same,filled,town,code,word,member,bought,sent,tags,marks,weight,price"
ROWS = [
    "1,1,1,0,0,7,1,5,0,Oslo,3,a,yes,29.02.2024 23:30,3600,x|y|x,a+b,1,10",
    "2,3,2,5,1,8,2,5,1,Oslo,4,a,no,01.03.2023 00:00,7200,x,,2,20",
    "3,,30,10,-1,9,3,5,3,Rome,5,a,,01.01.2022 12:00,10800,x|y,c,0,30",
    "4,8,,10,3,10,4,5,9,Bonn,6,b,yes,,0,z,a,5,40",
]
# Of the row that a client sends.
BOUGHT = 1_677_628_800


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> tuple[Tabular, tft.TFTransformOutput]:
    place: Path = tmp_path_factory.mktemp("table")
    (place / "rows.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    source = {"kind": "csv", "file": place / "rows.csv"}
    label = {"column": "price", "kind": "regression"}
    task = Tabular(TabularOptions(source=source, label=label, columns=COLUMNS, weight_column="weight"))
    examples = task.source()
    rows = [example for _, row in task.options.source.all_rows() for example in [examples._example(row, True)]]
    return task, transform(task, rows, place)


def _apply(fitted: tuple[Tabular, tft.TFTransformOutput], **changes: list) -> dict[str, np.ndarray]:
    """Transformed features of a client's row: the second one, with other values of some columns."""
    _, output = fitted
    values: dict[str, list] = {
        **{name: [float(value)] for name, value in zip(HEADER.split(",")[:9], ROWS[1].split(","), strict=False)},
        "town": [b"Oslo"],
        "code": [b"4"],
        "word": [b"a"],
        "member": [0],
        "bought": [BOUGHT],
        "sent": [7200],
        "tags": [b"x"],
        "marks": [],
        "weight": [2.0],
        "label": [20.0],
        **changes,
    }
    example = tf.train.Example()
    for name, value in values.items():
        lists = {float: "float_list", bytes: "bytes_list", int: "int64_list"}
        if value:
            getattr(example.features.feature[name], lists[type(value[0])]).value.extend(value)
    parsed = tf.io.parse_example([example.SerializeToString()], output.raw_feature_spec())
    return {name: value.numpy()[0] for name, value in output.transform_features_layer()(parsed).items()}


def _numbers(fitted, **changes) -> dict[str, float]:
    names = ("z", "gap", "median", "span", "log", "plain", "same", "year", "hour")
    return dict(zip(names, _apply(fitted, **changes)["numbers"], strict=True))


def test_the_sizes_are_those_of_the_model(fitted):
    task, _ = fitted
    shape = table_shape(task.columns, task.label)
    features = _apply(fitted)
    assert {name: len(features[name]) for name in ("numbers", "flags", "categories")} == input_sizes(shape)
    # 2 gaps, twice 4 buckets, the member and its gap, a week's days and their gap, 3 tags, one for others and one that
    # stays empty, 4 marks and one that does, Oslo: missing, itself, 2 for others; the second cross has 7 places.
    assert (shape.numbers, shape.flags, shape.categories) == (9, 41, (6, 3, 50))


def test_z_scores_are_of_the_train_split(fitted):
    assert _numbers(fitted, z=[10.0])["z"] == pytest.approx((10 - 2.5) / np.std([1, 2, 3, 4]), rel=1e-5)


def test_a_missing_number_becomes_the_mean_and_a_flag(fitted):
    there, missing, nan = (_apply(fitted, gap=value) for value in ([8.0], [], [float("nan")]))
    assert there["numbers"][1] == pytest.approx((8 - 4) / np.std([1, 3, 8]), rel=1e-5)
    assert missing["numbers"][1] == nan["numbers"][1] == pytest.approx(0, abs=1e-6)
    assert (there["flags"][0], missing["flags"][0], nan["flags"][0]) == (0, 1, 1)


def test_or_the_median(fitted):
    assert _numbers(fitted, median=[])["median"] == pytest.approx((2 - 11) / np.std([1, 2, 30]), rel=1e-5)


def test_spans_logarithms_and_plain_numbers(fitted):
    numbers = _numbers(fitted, span=[15.0], log=[-7.0], plain=[3.5])
    assert numbers["span"] == pytest.approx(1.5)
    logs = np.log1p([0, 1, 1, 3]) * [1, 1, -1, 1]
    assert numbers["log"] == pytest.approx((-np.log(8) - logs.mean()) / logs.std(), rel=1e-5)
    assert numbers["plain"] == 3.5


def test_a_number_that_never_changes_is_zero(fitted):
    assert _numbers(fitted, same=[5.0])["same"] == 0
    assert _numbers(fitted, same=[6.0])["same"] == 1


@pytest.mark.parametrize(("value", "bucket"), [(-9.0, 0), (1.0, 0), (2.0, 1), (3.0, 2), (4.0, 3), (99.0, 3)])
def test_quantiles_are_one_hot(fitted, value, bucket):
    flags = _apply(fitted, bucket=[value])["flags"][2:6]
    assert flags.sum() == 1
    assert int(flags.argmax()) == bucket


def _paper(x: float, edges: list[float]) -> list[float]:
    """Equation 1 of Gorishniy et al. (2022), component by component."""
    bins = len(edges) - 1
    found = []
    for t in range(1, bins + 1):
        low, high = edges[t - 1], edges[t]
        if x < low and t > 1:
            found.append(0.0)
        elif x >= high and t < bins:
            found.append(1.0)
        else:
            found.append((x - low) / (high - low))
    return found


@pytest.mark.parametrize("value", [-5.0, 0.0, 0.5, 1.0, 2.5, 7.0, 9.0, 14.0])
def test_buckets_are_filled_as_the_equation_says(value):
    edges = [0.0, 1.0, 3.0, 6.0, 9.0]
    found = piecewise_linear(tf.constant([value]), tf.constant(edges))[0]
    np.testing.assert_allclose(found, _paper(value, edges), atol=1e-6)


def test_a_bucket_between_equal_edges_stays_empty():
    found = piecewise_linear(tf.constant([-1.0, 0.0, 1.0, 3.0]), tf.constant([0.0, 0.0, 0.0, 2.0]))
    np.testing.assert_allclose(found, [[0, 0, 0], [0, 0, 0], [0, 0, 0.5], [0, 0, 1.5]])


def test_buckets_are_between_quantiles_of_the_train_split(fitted):
    # Of 0, 1, 3 and 9 the quartiles are 1, 3 and 9, so that the last bucket has no width.
    for value, expected in {9.0: [1, 1, 1, 0], 6.0: [1, 1, 0.5, 0], 0.0: [0, 0, 0, 0]}.items():
        np.testing.assert_allclose(_apply(fitted, filled=[value])["flags"][6:10], expected, atol=1e-6)


@pytest.mark.parametrize(("value", "flags"), [([1], (1, 0)), ([0], (0, 0)), ([], (0, 1))])
def test_truth_values(fitted, value, flags):
    assert tuple(_apply(fitted, member=value)["flags"][10:12]) == flags


def test_a_vocabulary_holds_what_is_frequent_and_buckets_the_rest(fitted):
    known, rare, new, missing = (
        _apply(fitted, town=value)["flags"][30:34].argmax() for value in ([b"Oslo"], [b"Rome"], [b"Lima"], [])
    )
    assert (known, missing) == (1, 0)
    assert {rare, new} <= {2, 3}


def test_of_several_values_the_first_counts(fitted):
    np.testing.assert_array_equal(
        _apply(fitted, town=[b"Oslo", b"Rome"])["flags"], _apply(fitted, town=[b"Oslo"])["flags"]
    )


def test_embedded_columns_have_places_below_each_other(fitted):
    places = [_apply(fitted, word=value)["categories"] for value in ([b"a"], [b"b"], [b"zebra"])]
    code = places[0][0]
    # Places 1 to 5 are of hashes; 6 is of words that the vocabulary lacks, for none is bucketed.
    assert 1 <= code <= 5
    assert [place[:2].tolist() for place in places] == [[code, 7], [code, 8], [code, 6]]


@pytest.mark.parametrize(
    ("bought", "year", "flags"),
    [
        # A Wednesday in 2023; of 2022, 2023 and 2024 the mean, too.
        ([BOUGHT], 0, [0, 0, 1, 0, 0, 0, 0, 0]),
        ([1_709_249_400], 1 / np.std([2022, 2023, 2024]), [0, 0, 0, 1, 0, 0, 0, 0]),
        ([], 0, [0, 0, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_parts_of_dates(fitted, bought, year, flags):
    assert _numbers(fitted, bought=bought)["year"] == pytest.approx(year, abs=1e-4)
    assert _apply(fitted, bought=bought)["flags"][12:20].tolist() == flags


def test_an_hour_as_a_number(fitted):
    # Hours 1, 2, 3 and 0.
    assert _numbers(fitted, sent=[23 * 3600 + 59])["hour"] == pytest.approx((23 - 1.5) / np.std([0, 1, 2, 3]), rel=1e-5)


@pytest.mark.parametrize(
    ("tags", "places"), [([b"x"], {1}), ([b"y", b"x", b"x"], {1, 2}), ([b"x", b"new"], {1, 4}), ([], set())]
)
def test_a_bag_has_a_flag_for_each_value(fitted, tags, places):
    # x in three rows, y in two, z in one; 4 is of those that the vocabulary lacks.
    flags = _apply(fitted, tags=tags)["flags"][20:25]
    assert set(np.flatnonzero(flags)) == places
    assert set(flags[list(places)]) <= {1.0}


def _hash(text: bytes, size: int) -> int:
    return int(tf.strings.to_hash_bucket_fast([text], size)[0])


def test_or_its_share_of_a_row(fitted):
    expected = np.zeros(5)
    for mark in (b"a", b"b", b"b", b"q"):
        expected[1 + _hash(mark, 4)] += 1 / 4
    found = _apply(fitted, marks=[b"a", b"b", b"b", b"q"])["flags"][25:30]
    np.testing.assert_allclose(found, expected)
    assert _apply(fitted, marks=[])["flags"][25:30].sum() == 0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, b"Oslo\x1f0\x1f1"),
        ({"town": [b"Atlantis"], "member": [1], "bucket": [99.0]}, b"Atlantis\x1f1\x1f3"),
        ({"town": [], "member": []}, b"\x1e\x1f\x1e\x1f1"),
    ],
)
def test_a_cross_is_the_hash_of_its_values_together(fitted, changes, text):
    assert _apply(fitted, **changes)["categories"][2] == 6 + 3 + _hash(text, 50)


def test_a_cross_of_few_places_is_one_hot(fitted):
    flags = _apply(fitted)["flags"][34:]
    assert np.flatnonzero(flags).tolist() == [_hash(b"a\x1f4", 7)]


def test_weights_are_over_the_mean(fitted):
    assert _apply(fitted)["weight"] == pytest.approx(2 / 2)
    assert _apply(fitted, weight=[5.0])["weight"] == pytest.approx(5 / 2)


def test_the_label_s_units(fitted):
    features = _apply(fitted)
    assert features["label"] == 20
    assert (features["location"][0], features["scale"][0]) == pytest.approx((25, np.std([10, 20, 30, 40])))


@pytest.mark.parametrize(
    ("transform_name", "expected"),
    [
        ("z_score", [0.0]),
        ("min_max", [0.5]),
        # Logarithms of 1, 2, 3, 4 and 5.
        ("log", [(np.log(3) - np.log(range(1, 6)).mean()) / np.log(range(1, 6)).std()]),
        ("quantiles", [0.0, 1.0]),
        ("piecewise_linear", [1.0, 0.0]),
    ],
)
def test_a_table_may_have_a_single_column(tmp_path, transform_name, expected):
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(f"{x},{'ab'[x > 2]}\n" for x in range(5)))
    column = {"transform": transform_name, **({"buckets": 2} if len(expected) == 2 else {})}
    options = {"source": {"kind": "csv", "file": tmp_path / "rows.csv"}, "label": {"column": "y"}}
    task = Tabular(TabularOptions(**options, columns={"numeric": {"x": column}}))
    rows = [task.source()._example(row, True) for _, row in task.options.source.all_rows()]
    output = transform(task, rows, tmp_path)
    features = output.transform_raw_features({"x": tf.constant([[2.0]]), "label": tf.constant([[0]], tf.int64)})
    [found] = np.asarray(features.get("numbers", features.get("flags")))
    assert found.tolist() == pytest.approx(expected)
