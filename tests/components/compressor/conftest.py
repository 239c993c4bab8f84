from collections.abc import Iterator

import pytest

from compression.conversion import worker


@pytest.fixture(scope="package")
def convert_here() -> Iterator[None]:
    """Conversions run in this process, whose TensorFlow is there already: models of these tests do not crash it."""

    def run(request, directory, layers, *, timeout_secs):
        request.write(directory)
        assert worker.main(directory) == 0, [path.read_text() for path in directory.glob("*.json")]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compression.conversion.convert.run_worker", run)
        yield
