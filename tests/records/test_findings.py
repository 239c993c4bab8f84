"""What gates find, as files keep it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from records.findings import FINDINGS_FILE, Finding, read_findings, write_findings

FINDINGS = st.builds(
    Finding,
    gate=st.sampled_from(["data", "evaluation", "compression", "serving"]),
    value=st.one_of(st.text(), st.integers(), st.floats(allow_nan=False)),
)
# As version 0.1.0 wrote it: a finding's metric was called its figure, and nothing was ever left out.
EARLIER = """[
 {"gate": "evaluation", "figure": "accuracy", "where": "label=3", "value": 0.5, "limit": ">= 0.9", "passed": false}
]"""


@settings(max_examples=30)
@given(findings=st.lists(FINDINGS))
def test_findings_survive_the_artifact(tmp_path_factory, findings):
    uri = str(tmp_path_factory.mktemp("gate"))
    write_findings(uri, findings)
    assert read_findings(uri) == tuple(findings)


def test_an_artifact_of_no_gate_has_none(tmp_path):
    assert read_findings(str(tmp_path)) == ()


def test_the_findings_of_an_earlier_version_are_read(tmp_path):
    (tmp_path / FINDINGS_FILE).write_text(EARLIER)
    [finding] = read_findings(str(tmp_path))
    assert str(finding) == "accuracy (label=3) must be >= 0.9. Received: 0.5."
    assert (finding.applies, finding.stops, finding.refuses) == (True, True, True)


def test_what_a_later_version_adds_is_passed_over():
    known = {"gate": "data", "metric": "examples", "where": "", "value": 3, "limit": ">= 4", "passed": False}
    assert Finding.from_json({**known, "severity": "high"}) == Finding(**known)


def test_a_value_that_is_a_sentence_ends_once():
    finding = Finding(gate="data", metric="label", where="", value="Too few.", limit="as the schema says", passed=False)
    assert str(finding) == "label must be as the schema says. Received: Too few."
