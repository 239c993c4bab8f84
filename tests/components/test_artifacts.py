import pytest

import components
from components.artifacts import CompressedModels, DataBlessing


@pytest.mark.parametrize("kind", [CompressedModels, DataBlessing])
def test_a_compiled_step_finds_the_class_by_its_type_name(kind):
    """Kubeflow's launcher looks up `package.Class`, with one dot."""
    package, _, name = kind.TYPE_NAME.partition(".")
    assert package == "components"
    assert getattr(components, name) is kind


def test_the_package_gives_nothing_else():
    with pytest.raises(AttributeError, match="module 'components' has no attribute 'Shipment'"):
        components.Shipment  # noqa: B018
