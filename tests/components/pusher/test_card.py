"""Model cards; what is rendered is read by a parser of Markdown that others wrote, where there is one."""

from dataclasses import replace
from html import unescape

import pytest

from components.pusher.card import CardFacts, escape, model_card
from components.pusher.card_options import CardConfig
from records.findings import Finding
from tests.components.model_facts import model_facts
from tests.components.variant_files import measurement

FACTS = CardFacts(
    model="digits",
    task="tasks.image_classification.ImageClassification",
    facts=model_facts(),
    labels=["cat", "dog"],
    rows={"train": 1200, "test": 10},
    features={"image": 0.0},
    metrics={"": {"accuracy": 0.98765, "loss": 0.1}, "label=1": {"accuracy": 0.5}},
    findings=[],
    variants=[measurement("int8", bytes=127543, eval_metric=0.97), measurement("float32")],
    chosen="int8",
    run={"model_artifact": 7},
)


def finding(**changes) -> Finding:
    return Finding(**{"gate": "evaluation", "metric": "accuracy", "where": "", "value": 0.5, "limit": ">= 0.9",
                      "passed": True, **changes})  # fmt: skip


def cells(card: str) -> list[list[str]]:
    """The cells of all tables, by what CommonMark says of them: a bar without a backslash ends a cell."""
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    return [[cell.replace("\\", "") for cell in row.removeprefix("| ").removesuffix(" |").split(" | ")] for row in rows]


def test_tables_hold_the_records():
    rows = cells(model_card(CardConfig(), FACTS))
    for row in (
        ["train", "1,200"],
        ["image", "0.0%"],
        ["slice", "accuracy", "loss"],
        ["all examples", "0.9877", "0.1"],
        ["label=1", "0.5", ""],
        ["int8, chosen", "127,543", "0.97", "0.5", "1"],
        ["float32", "4", "", "0.5", "1"],
        ["model_artifact", "7"],
        ["2 classes", "cat, dog"],
    ):
        assert row in rows


def test_limits_that_were_missed_are_named_and_those_that_do_not_apply_not_counted():
    findings = [
        finding(),
        finding(metric="recall", passed=False, variant="int8", stops=False),
        finding(passed=True, applies=False),
    ]
    card = model_card(CardConfig(limitations="Blurred scans."), replace(FACTS, findings=findings))
    section = card.partition("## Limits and findings\n\n")[2].partition("\n\n## ")[0].replace("\\", "")
    assert section == "Blurred scans.\n\n1 of 2 limits were kept.\n\n- recall must be &gt;= 0.9. Received: 0.5."


def test_sections_of_the_config_come_where_they_are_given_and_nowhere_else():
    card = model_card(CardConfig(out_of_scope="Handwriting of *children*."), FACTS)
    assert "## Out of scope\n\nHandwriting of *children*.\n" in card
    assert "## Intended use" not in card


def test_no_file_for_devices_no_section():
    assert "## Files for devices" not in model_card(CardConfig(), replace(FACTS, variants=[]))


@pytest.mark.parametrize(
    "label",
    ["<script>alert(1)</script>", "a | b", "[x](http://y)", "*a* _b_ `c`", "# d", "e\n\n## f", "![i](u)", "\\", "a&b"],
)
def test_a_label_is_shown_as_it_is(label):
    markdown_it = pytest.importorskip("markdown_it", reason="reads Markdown as CommonMark and GitHub do")
    card = model_card(CardConfig(), replace(FACTS, labels=[label, "plain"]))
    html = markdown_it.MarkdownIt("commonmark").enable("table").render(card)
    [row] = [line for line in html.splitlines() if ", plain" in line]
    assert unescape(row.strip().removeprefix("<td>").removesuffix("</td>")) == " ".join(f"{label}, plain".split())


def test_html_of_the_config_stays_text():
    card = model_card(CardConfig(description="<img src=x> & **bold**"), FACTS)
    assert "&lt;img src=x&gt; &amp; **bold**" in card


def test_a_text_is_one_line_for_a_table():
    assert escape("a\n|b") == "a \\|b"
