import json
import re

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from inspection.figures import figure_html


def _cells(html: str, kind: str) -> list[str]:
    return re.findall(rf"<{kind}\b[^>]*>(.*?)</{kind}>", html)


def test_what_a_label_says_is_neither_a_tag_nor_the_end_of_the_data():
    html = figure_html(go.Figure(go.Bar(x=["</script><script>alert(1)</script>"], y=[1])))
    assert html.count("<script") == html.count("</script>") == 1
    data = re.search(r'<script type="application/json">(.*?)</script>', html).group(1)
    assert json.loads(data)["data"][0]["x"] == ["</script><script>alert(1)</script>"]
    assert "&lt;/script&gt;" in _cells(html, "td")[0]


def test_a_chart_has_its_numbers_as_a_table():
    figure = go.Figure([go.Bar(x=["a", "b"], y=[1, 2], name="old"), go.Bar(x=["b", "c"], y=[3.5, None], name="new")])
    html = figure_html(figure)
    assert _cells(html, "th") == ["at", "old", "new"]
    assert _cells(html, "td") == ["a", "1", "", "b", "2", "3.5", "c", "", ""]


def test_bars_that_lie_are_named_by_their_places():
    html = figure_html(go.Figure(go.Bar(x=[0.5], y=["layer"], orientation="h", name="error")))
    assert _cells(html, "td") == ["layer", "0.5"]


def test_columns_of_several_plots_are_told_apart():
    figure = make_subplots(rows=1, cols=2, subplot_titles=["loss", "accuracy"])
    for column in (1, 2):
        figure.add_trace(go.Scatter(x=[1], y=[column], name="train"), row=1, col=column)
    assert _cells(figure_html(figure), "th") == ["at", "loss: train", "accuracy: train"]


def test_a_heat_map_is_a_table_of_its_cells():
    html = figure_html(go.Figure(go.Heatmap(z=[[1, 2], [3, 4]], x=["p", "q"], y=["a", "b"])))
    assert _cells(html, "th") == ["at", "p", "q"]
    assert _cells(html, "td") == ["a", "1", "2", "b", "3", "4"]
