"""Which converted files ship: one that misses a limit is left out, or stops the launch where it is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.gates import GateRefused, refuse_if_failed
from records.findings import Finding
from records.shipment import Shipment, read_shipment, write_shipment

NAMES = ("float32", "float16", "int8")


def _finding(variant: str, *, passed: bool) -> Finding:
    values = {"gate": "compression", "metric": "accuracy", "value": 0.5, "limit": ">= 0.9"}
    return Finding(where=variant, variant=variant, passed=passed, **values)


def _judged(needed: tuple[str, ...], **passed: bool) -> tuple[Shipment, list[Finding]]:
    findings = [_finding(name, passed=passed.get(name, True)) for name in NAMES]
    return Shipment(variants=NAMES, needed=needed).judged(findings)


def test_what_misses_a_limit_is_left_out_and_refuses_nothing():
    shipment, findings = _judged(("int8",), float16=False)
    assert shipment.variants == ("float32", "int8")
    assert [finding.passed for finding in findings] == [True, False, True]
    refuse_if_failed(findings)


@pytest.mark.parametrize("name", ["int8", "float16"])
def test_without_the_chosen_or_a_required_one_nothing_ships(name):
    _, findings = _judged(("int8", "float16"), float32=False, **{name: False})
    with pytest.raises(GateRefused) as refusal:
        refuse_if_failed(findings)
    told = str(refusal.value)
    assert f"accuracy ({name}) must be >= 0.9. Received: 0.5." in told
    assert "float32" not in told


def test_float32_is_left_out_like_any_other():
    shipment, findings = _judged(("int8",), float32=False)
    assert "float32" not in shipment.variants
    refuse_if_failed(findings)


def test_a_finding_of_no_single_file_refuses():
    _, findings = Shipment(variants=NAMES, needed=("int8",)).judged([_finding("", passed=False)])
    with pytest.raises(GateRefused):
        refuse_if_failed(findings)


@given(
    needed=st.sets(st.sampled_from(NAMES), min_size=1),
    gates=st.lists(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans())), max_size=3),
)
def test_after_any_gates_either_one_refused_or_all_that_is_needed_ships_and_nothing_that_failed(needed, gates):
    shipment, refused = Shipment(variants=NAMES, needed=tuple(needed)), False
    for gate in gates:
        shipment, findings = shipment.judged([_finding(name, passed=passed) for name, passed in gate])
        refused = refused or any(finding.refuses for finding in findings)
    failed = {name for gate in gates for name, passed in gate if not passed}
    assert refused == bool(failed & needed)
    assert shipment.variants == tuple(name for name in NAMES if name not in failed)


def test_it_survives_the_artifact(tmp_path):
    shipment = Shipment(variants=("int8",), needed=("int8",))
    write_shipment(str(tmp_path), shipment)
    assert read_shipment(str(tmp_path)) == shipment
