"""What became of a push, as its artifact keeps it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from records.push import PUSH_FILE, Push, read_push, write_push

# From before a push could move the label of a version that another run had made.
EARLIER = '{"destination": "/registry/digits/2", "version": 2, "stage": "production"}'


@settings(max_examples=30)
@given(push=st.builds(Push))
def test_a_push_survives_the_artifact(tmp_path_factory, push):
    uri = str(tmp_path_factory.mktemp("pushed"))
    write_push(uri, push)
    assert read_push(uri) == push


def test_the_push_of_an_earlier_version_is_read(tmp_path):
    (tmp_path / PUSH_FILE).write_text(EARLIER)
    push = read_push(str(tmp_path))
    assert push == Push(destination="/registry/digits/2", version=2, stage="production", in_this_run=False)
