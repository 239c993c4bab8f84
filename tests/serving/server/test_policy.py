import pytest

from serving.registry.index import ModelVersion, StageMove
from serving.server.errors import RequestError
from serving.server.policy import Policy


def versions(*stages: str) -> list[ModelVersion]:
    """Versions from 1 on, with these stages."""
    return [
        ModelVersion(
            model="half",
            number=number,
            stage=stage,
            created_at="2026-01-01T00:00:00+00:00",
            push_key=str(number),
            size_bytes=1,
            history=(StageMove(stage=stage, at="2026-01-01T00:00:00+00:00", by="push"),),
        )
        for number, stage in enumerate(stages, start=1)
    ]


STAGES = versions("archived", "production", "canary", "candidate")


@pytest.mark.parametrize(
    ("text", "served", "default", "labels"),
    [
        ("production", {2, 3}, 2, {"production": 2, "canary": 3}),
        ("latest", {4}, 4, {"candidate": 4}),
        ("all", {1, 2, 3, 4}, 2, {"archived": 1, "production": 2, "canary": 3, "candidate": 4}),
        ("1,2", {1, 2}, 2, {"archived": 1, "production": 2}),
        ("1, 3", {1, 3}, 3, {"archived": 1, "canary": 3}),
        ("9", set(), None, {}),
    ],
)
def test_what_is_served(text, served, default, labels):
    wanted = Policy.parse(text).apply(STAGES)
    assert (wanted.versions, wanted.default, dict(wanted.labels)) == (served, default, labels)


def test_a_label_is_the_newest_version_of_its_stage():
    assert Policy.parse("all").apply(versions("candidate", "candidate")).labels == {"candidate": 2}


def test_without_production_nothing_answers_by_default():
    wanted = Policy.parse("production").apply(versions("candidate", "canary"))
    assert (wanted.versions, wanted.default) == ({2}, None)
    assert Policy.parse("production").apply([]).versions == set()


@pytest.mark.parametrize("text", ["", "newest", "1,x", "0", "-1", "1,,2"])
def test_no_policy(text):
    with pytest.raises(ValueError, match=r"production, latest, all, or numbers of versions such as 3,5\. Received: "):
        Policy.parse(text)


def test_labels_of_ones_own():
    policy = Policy(kind="specific", numbers=frozenset({1, 2}), labels={"old": 1})
    assert policy.apply(STAGES).labels == {"old": 1}
    policy.check(STAGES, "half")
    with pytest.raises(RequestError, match=r"label new of half must be of a version that is served. Received: 3"):
        Policy(kind="specific", numbers=frozenset({1}), labels={"new": 3}).check(STAGES, "half")
