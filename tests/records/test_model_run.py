"""What is known of a trained model, as its model run keeps it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from records.model_run import ModelFacts, TrainingFacts, read_model_facts, write_model_facts

VALUES = st.one_of(st.integers(), st.floats(allow_nan=False), st.text())
FACTS = st.builds(
    ModelFacts,
    training=st.builds(TrainingFacts, examples_per_sec=st.floats(0, 1e9)),
    hyperparameters=st.dictionaries(st.text(), VALUES),
)


@settings(max_examples=30)
@given(facts=FACTS)
def test_facts_survive_the_artifact(tmp_path_factory, facts):
    uri = str(tmp_path_factory.mktemp("model_run"))
    write_model_facts(uri, facts)
    assert read_model_facts(uri) == facts
