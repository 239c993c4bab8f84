"""Machines as the tables of "Plan TPUs in GKE" have them, with their chips by machine type."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kubeflow_options.accelerators import TPUS, check_accelerator, chips

# Chips of a machine by its type; each is a slice of one machine by a topology of as many chips.
MACHINES = {
    "tpu-v4": {"ct4p-hightpu-4t": 4},
    "tpu-v5e": {"ct5lp-hightpu-1t": 1, "ct5lp-hightpu-4t": 4, "ct5lp-hightpu-8t": 8},
    "tpu-v5p": {"ct5p-hightpu-4t": 4},
    "tpu-v6e": {"ct6e-standard-1t": 1, "ct6e-standard-4t": 4, "ct6e-standard-8t": 8},
    "tpu7x": {"tpu7x-standard-4t": 4},
}


@pytest.mark.parametrize("tpu", TPUS)
def test_each_machine_has_a_topology(tpu):
    assert [chips(topology) for topology in TPUS[tpu].on_one_machine] == list(MACHINES[tpu].values())
    for topology in TPUS[tpu].on_one_machine:
        check_accelerator(tpu, topology)


@given(
    tpu=st.sampled_from(sorted(TPUS)), dimensions=st.lists(st.sampled_from([1, 2, 4, 8, 16]), min_size=1, max_size=4)
)
def test_only_what_one_machine_holds_is_taken(tpu, dimensions):
    topology = "x".join(map(str, dimensions))
    if topology in TPUS[tpu].on_one_machine:
        check_accelerator(tpu, topology)
        assert chips(topology) == math.prod(dimensions) <= max(MACHINES[tpu].values())
    else:
        with pytest.raises(ValueError, match=r"Received: "):
            check_accelerator(tpu, topology)


@pytest.mark.parametrize(
    ("accelerator", "topology", "message"),
    [
        ("tpu-v5e", "4x4", r"tpu-v5e on one machine is 1x1 or 2x2 or 2x4\. Received: '4x4', 16 chips"),
        ("tpu-v5p", "2x2x2", r"tpu-v5p on one machine is 2x2x1\. Received: '2x2x2', 8 chips"),
        ("tpu-v5p", "2x2", r"a topology of tpu-v5p has 3 dimensions, such as 2x2x1\. Received: '2x2'"),
        ("tpu-v6e", "2x2x1", r"a topology of tpu-v6e has 2 dimensions"),
        ("tpu-v6e", "2×2", r"a topology of tpu-v6e has 2 dimensions"),
        ("tpu-v6e", "0x2", r"a topology of tpu-v6e has 2 dimensions"),
        ("tpu-v5e", None, r"a TPU needs a topology; tpu-v5e on one machine is 1x1 or 2x2 or 2x4"),
        ("nvidia-l4", "2x2", r"topology is of TPUs\. Received: '2x2' with nvidia-l4"),
        ("nvidia-14", None, r"Received: 'nvidia-14'\. Did you mean nvidia-l4\?"),
        ("v5e", "2x2", r"Received: 'v5e'\. Did you mean tpu-v5e\?"),
    ],
)
def test_the_rule_is_told(accelerator, topology, message):
    with pytest.raises(ValueError, match=message):
        check_accelerator(accelerator, topology)
