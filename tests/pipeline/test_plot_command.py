from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.commands.plot import bars, command
from pipeline.errors import UsageError

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"


@pytest.fixture
def config(tmp_path) -> Path:
    """Ten epochs up to 0.5 and back."""
    config = yaml.safe_load(DIGITS.read_text())
    config["train"] = {"epochs": 10, "learning_rate": 0.5, "schedule": {"kind": "one_cycle", "rise": 0.5}}
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def test_draws_the_rate_in_the_terminal_and_as_a_page(config, tmp_path):
    page = tmp_path / "new" / "schedule.html"
    done = CliRunner().invoke(command, ["schedule", str(config), "--out", str(page)], catch_exceptions=False)
    first, *lines, last = done.output.splitlines()
    assert first == "one_cycle, at most 0.5, 10 epochs"
    assert len(lines) == 16
    assert max(line.count("█") for line in lines) >= 47
    assert lines[0].count("█") == round(48 / 25)
    assert last == f"Wrote {page}; open it in a browser."
    text = page.read_text()
    assert "learning rate" in text
    assert "src=" not in text.split("</script>")[-1]


def test_a_bar_is_as_long_as_its_rate():
    lines = bars([0, 1, 2], [0.0, 0.5, 1.0])
    assert [line.count("█") for line in lines] == [0, 24, 48]
    assert lines[1].split()[:3] == ["epoch", "1.0", "0.5"]


def test_a_page_that_cannot_be_written_is_refused(config):
    with pytest.raises(UsageError, match=r"Received: /proc/schedule\.html"):
        CliRunner().invoke(command, ["schedule", str(config), "--out", "/proc/schedule.html"], catch_exceptions=False)
