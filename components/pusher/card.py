"""The model card of a version, made of what the steps recorded and of the config's section `card`.

Source: Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, whose sections it has.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components.pusher.card_options import CardConfig
from records.findings import Finding
from records.model_run import ModelFacts
from records.variants import MeasuredVariant

# What Markdown gives a meaning to, in a line or a cell (CommonMark 0.31, section 2.4).
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~])")


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What the records know.

    Attributes:
      model: name in the registry.
      task: dotted path of the task.
      facts: of the training.
      labels: names of the classes; none without classes.
      rows: `{split: examples}`.
      features: `{feature: share of the examples that lack it}`, of the train split.
      metrics: `{slice: {metric: value}}`; the slice '' is all examples.
      findings: of the gates.
      variants: the TFLite files that ship.
      chosen: the variant to take; None where none is within the budgets.
      run: ids that lead back to how it was made.
    """

    model: str
    task: str
    facts: ModelFacts
    labels: Sequence[str]
    rows: Mapping[str, int]
    features: Mapping[str, float]
    metrics: Mapping[str, Mapping[str, float]]
    findings: Sequence[Finding]
    variants: Sequence[MeasuredVariant]
    chosen: str | None
    run: Mapping[str, str | int]


def model_card(card: CardConfig, facts: CardFacts) -> str:
    """The card as Markdown. Names that come from data are escaped; the config's texts keep their Markdown, not their
    HTML."""
    sections = [
        ("", _author(card.description)),
        ("Intended use", _author(card.intended_use)),
        ("Out of scope", _author(card.out_of_scope)),
        ("Model", _table(("", ""), _model_rows(card, facts))),
        ("Data", _data(facts)),
        ("Metrics", _metrics(facts.metrics)),
        ("Limits and findings", "\n\n".join(filter(None, [_author(card.limitations), _findings(facts.findings)]))),
        ("Files for devices", _variants(facts)),
    ]
    written = [f"## {title}\n\n{text}" if title else text for title, text in sections if text]
    return "\n\n".join([f"# {escape(facts.model)}", *written]) + "\n"


def escape(text: object) -> str:
    """A text that a reader sees as it is, whatever of HTML or Markdown it holds, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(str(text).split())))


def _author(text: str) -> str:
    return html.escape(text.strip(), quote=False)


def _model_rows(card: CardConfig, facts: CardFacts) -> Iterable[tuple[object, ...]]:
    training = facts.facts.training
    yield "task", facts.task
    yield "parameters", f"{facts.facts.parameters:,}"
    yield "training", f"{training.epochs} epochs, {training.steps:,} steps; the weights of epoch {training.best_epoch}"
    yield from ((f"tuned {name}", value) for name, value in facts.facts.hyperparameters.items())
    yield from (("during training", event) for event in training.events)
    if facts.labels:
        yield f"{len(facts.labels)} classes", ", ".join(facts.labels)
    yield from facts.run.items()
    yield from ((name, text) for name, text in (("license", card.license), ("contact", card.contact)) if text)


def _data(facts: CardFacts) -> str:
    rows = _table(("split", "examples"), ((split, f"{rows:,}") for split, rows in facts.rows.items()))
    features = _table(
        ("feature", "missing"), ((name, f"{missing:.1%}") for name, missing in sorted(facts.features.items()))
    )
    return f"{rows}\n\n{features}"


def _metrics(metrics: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(name for values in metrics.values() for name in values))
    rows = (
        (where or "all examples", *(f"{values[name]:.4g}" if name in values else "" for name in names))
        for where, values in sorted(metrics.items())
    )
    return _table(("slice", *names), rows)


def _findings(findings: Sequence[Finding]) -> str:
    judged = [finding for finding in findings if finding.applies]
    missed = [finding for finding in judged if not finding.passed]
    kept = f"{len(judged) - len(missed)} of {len(judged)} limits were kept."
    return "\n".join([kept, *(["", *(f"- {escape(finding)}" for finding in missed)] if missed else [])])


def _variants(facts: CardFacts) -> str:
    rows = (
        (
            f"{variant.name}{', chosen' if variant.name == facts.chosen else ''}",
            f"{variant.bytes:,}",
            "" if variant.eval_metric is None else f"{variant.eval_metric:.4g}",
            f"{variant.latency_p50_ms:.3g}",
            f"{variant.latency_p99_ms:.3g}",
        )
        for variant in facts.variants
    )
    return _table(("file", "bytes", "metric on eval", "p50 ms", "p99 ms"), rows) if facts.variants else ""


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, *rows]
    cells = [f"| {' | '.join(map(escape, line))} |" for line in lines]
    return "\n".join([cells[0], f"|{'---|' * len(head)}", *cells[1:]])
