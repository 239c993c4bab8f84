import pytest
from pydantic import ValidationError

from tasks.image_classification import ImageClassificationOptions


def test_a_source_whose_splits_hold_different_classes_is_refused():
    with pytest.raises(ValidationError, match=r"same classes in train, eval and test\. Received: kind omniglot"):
        ImageClassificationOptions.model_validate({"source": {"kind": "omniglot"}, "height": 28, "width": 28})
