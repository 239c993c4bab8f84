"""The page of few-shot episodes, and what its charts are made of."""

import json

import numpy as np

from studies.episodes.charts import confusion_chart, context_charts, plane
from studies.episodes.page import EPISODES, notes, table

PICTURE = "data:,drawing"
CAVIA = {
    "name": "sinusoid 2",
    "learner": "cavia",
    "steps": 1,
    "means": [3.0, 0.25],
    "half_widths": [0.5, 0.125],
    "adapted_parameters": 3,
    "latency_ms": 0.5,
    "task_bytes": 12,
}
PROTOTYPES = {
    **CAVIA,
    "name": "omniglot 1",
    "learner": "prototypes",
    "steps": 0,
    "means": [0.9],
    "half_widths": [0.01],
    "adapted_parameters": 0,
    "task_bytes": 1280,
}
NOTHING = {
    "pipeline": "p",
    "version": "v 1",
    "episodes": 4,
    "left_out": [],
    "fits": [],
    "contexts": None,
    "pictures": [],
}
CURVES = {
    **NOTHING,
    "metric": "mse",
    "rows": [CAVIA, {**CAVIA, "name": "maml<b> 1", "learner": "maml"}],
    "left_out": ["omniglot 1"],
    "fits": [
        {
            "title": "1 points, amplitude 2.00",
            "x": [0, 1],
            "y": [0.5, 0.75],
            "support_x": [0.25],
            "support_y": [0.625],
            "after": [{"step": 0, "y": [8.0, 9.0]}, {"step": 1, "y": [0.5, 0.875]}],
        }
    ],
    "contexts": {
        "values": [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]],
        "parameters": {"amplitude": [1.0, 2.0, 3.0, 4.0], "group": ["Greek", "Tifinagh", "Greek", "Greek"]},
    },
}
IMAGES = {
    **NOTHING,
    "metric": "accuracy",
    "rows": [PROTOTYPES],
    "pictures": [
        {
            "title": "The hardest episode",
            "classes": ["alpha", "beta"],
            "matrix": [[1, 0], [1, 0]],
            "support": [[PICTURE], [PICTURE]],
            "queries": [[{"picture": PICTURE, "predicted": 0}], [{"picture": PICTURE, "predicted": 0}]],
        }
    ],
}


def _body(page: str) -> str:
    return page.partition("<body>")[2]


def test_learners_are_compared_by_error_parameters_latency_and_bytes():
    page = _body(EPISODES.page(CURVES))
    row = page.partition("maml&lt;b&gt; 1")[2].partition("</tr>")[0]
    cells = [cell.partition("</td>")[0] for cell in row.split('<td class="number">')[1:]]
    assert cells == ["1", "3.0000", "0.2500 ± 0.1250", "3", "0.50", "12"]
    assert "Left out, for they take other episodes: omniglot 1." in page


def test_fits_are_drawn_with_their_support_before_and_after():
    page = _body(EPISODES.page(CURVES))
    chart = page.partition('id="fits"')[2]
    for values in ("[0.5,0.75]", "[0.625]", "[8.0,9.0]", "[0.5,0.875]"):
        assert f'"y":{values}' in chart


def test_contexts_are_coloured_by_each_parameter():
    charts = dict(context_charts(**CURVES["contexts"]))
    assert list(charts) == ["amplitude", "group"]
    assert '"color":[1.0,2.0,3.0,4.0]' in charts["amplitude"]
    assert '"name":"Tifinagh"' in charts["group"]


def test_confused_queries_are_marked_beside_the_drawings_of_their_classes():
    page = _body(EPISODES.page(IMAGES))
    assert page.count('class="wrong"') == 1
    chart = confusion_chart(IMAGES["pictures"][0])
    # Both classes along both axes.
    assert chart.count(f'"source":"{PICTURE}"') == 4


def test_what_a_learner_does_not_have_is_not_shown():
    page = _body(EPISODES.page(IMAGES))
    assert 'id="fits"' not in page
    assert 'id="contexts"' not in page
    assert "against inner steps" not in page


def test_the_page_needs_no_network():
    assert "http://" not in EPISODES.page(IMAGES).split("</script>")[-1]


def test_the_terminal_has_a_row_a_learner():
    assert table(CURVES).row_count == 2


def test_the_terminal_names_what_was_left_out():
    assert notes(CURVES) == ["Left out: omniglot 1, which takes other episodes."]
    assert notes(IMAGES) == []


def test_reports_show_results_of_earlier_versions_which_name_no_pipeline(tmp_path):
    (tmp_path / "episodes").mkdir()
    earlier = {name: value for name, value in CURVES.items() if name != "pipeline"}
    (tmp_path / "episodes" / "results.json").write_text(json.dumps(earlier))
    assert 'id="learners-table"' in EPISODES.section(tmp_path).content


def test_two_variables_are_the_plane_s_axes():
    values = np.array([[1.0, 2.0], [3.0, 5.0]])
    places, _ = plane(values)
    np.testing.assert_array_equal(places, values)


def test_one_variable_lies_on_a_line():
    places, _ = plane(np.array([[1.0], [3.0]]))
    np.testing.assert_array_equal(places, [[1.0, 0.0], [3.0, 0.0]])


def test_more_variables_are_turned_to_where_they_vary_most():
    # Along (1, 1, 0)/√2 by ±2√2, along the third axis by ±1: 16 and 4 of the squares.
    values = np.array([[2.0, 2.0, 0.0], [-2.0, -2.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    places, axes = plane(values)
    np.testing.assert_allclose(np.abs(places), [[8**0.5, 0], [8**0.5, 0], [0, 1], [0, 1]], atol=1e-12)
    assert axes[0] == "principal component 1 (89% of the variance)"
