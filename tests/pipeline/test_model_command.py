import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import pipeline
from models.classifiers.resnet import resnet
from pipeline.commands.model import command
from pipeline.errors import UsageError

DIGITS = Path(pipeline.__file__).parent / "configs" / "digits.yaml"


def _run(*arguments: object) -> None:
    CliRunner().invoke(
        command, [str(argument) for argument in arguments], catch_exceptions=False, standalone_mode=False
    )


def test_summary_tells_totals_and_stages(capfd):
    _run("summary", DIGITS)
    shown = capfd.readouterr().out
    assert "resnet: 99,672 parameters" in shown
    assert [line.split()[0] for line in shown.splitlines()[1:6]] == [
        "input_normalization", "stem", "stage_0", "stage_1", "logits",
    ]  # fmt: skip


def test_summary_for_programs_and_as_a_diagram(capfd, tmp_path):
    _run("summary", DIGITS, "--json", "--diagram", tmp_path / "digits.md")
    text = capfd.readouterr().out
    found = json.loads(text[: text.rindex("}") + 1])
    assert found["parameters"] == sum(layer["parameters"] for layer in found["layers"]) == 99_672
    assert (tmp_path / "digits.md").read_text().startswith("flowchart TD\n")


def test_features_of_a_trained_model(capfd, tmp_path):
    model = resnet(image_shape=(8, 8, 1), num_classes=3, widths=(4,), blocks_per_stage=1, se_ratio=2)
    model.save(tmp_path / "model.keras")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "black.png")
    _run("features", tmp_path / "model.keras", "--image", tmp_path / "black.png", "--out", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "model.keras on black.png" in page
    assert "Squeeze-and-excitation gates" in page
    assert page.count('<figure class="chart">') == 3


def test_what_is_no_model_or_not_there(tmp_path):
    image, out = tmp_path / "image.png", tmp_path / "page.html"
    with pytest.raises(UsageError, match=r"MODEL must be a \.keras file that exists\. Received: .*none\.keras"):
        _run("features", tmp_path / "none.keras", "--image", image, "--out", out)
    (tmp_path / "text.keras").write_text("text")
    with pytest.raises(UsageError, match=r"--image must be an image file that exists"):
        _run("features", tmp_path / "text.keras", "--image", image, "--out", out)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(image)
    with pytest.raises(UsageError, match=r"MODEL must be a \.keras file\. Received: .*text\.keras"):
        _run("features", tmp_path / "text.keras", "--image", image, "--out", out)
    assert not out.exists()
