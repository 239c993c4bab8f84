"""TFX's own penguin template, as it is installed, run as its user would: `python -m benchmarks.tfx_template OUT DATA`.

Its pipeline as a user has it after the template's own steps: the lines that it says to uncomment are uncommented in a
copy, so that every component runs. On Keras 2, which it needs. DATA is a folder that holds the CSV alone.
"""

import importlib.util
import os
import re
import sys
from pathlib import Path

TEMPLATE = "tfx.experimental.templates.penguin"
UNCOMMENTED = re.compile(r"^(\s*)# (components\.append\(.*\))$", re.MULTILINE)
COMPONENTS = 5


def with_every_component(pipeline: str) -> str:
    """The source of the template's pipeline with its steps done.

    Raises:
      RuntimeError: another number of components is to be uncommented than the template has had.
    """
    found, count = UNCOMMENTED.subn(r"\1\2", pipeline)
    if count != COMPONENTS:
        raise RuntimeError(f"the template must have {COMPONENTS} components to uncomment. Received: {count}.")
    return found


def run(out: Path, data: Path) -> None:
    """Runs the template on the data, with what it writes in `out`."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    from tfx import v1 as tfx  # noqa: TID251 - as the template does

    spec = importlib.util.find_spec(f"{TEMPLATE}.pipeline.pipeline")
    assert spec is not None
    assert spec.origin is not None
    copy = out / "template_pipeline.py"
    copy.write_text(with_every_component(Path(spec.origin).read_text()))
    sys.path.insert(0, str(out))
    import template_pipeline

    pipeline = template_pipeline.create_pipeline(
        pipeline_name="penguin",
        pipeline_root=str(out / "root"),
        data_path=str(data),
        preprocessing_fn=f"{TEMPLATE}.models.preprocessing.preprocessing_fn",
        run_fn=f"{TEMPLATE}.models.model.run_fn",
        # As its configs.py has them.
        train_args=tfx.proto.TrainArgs(num_steps=100),
        eval_args=tfx.proto.EvalArgs(num_steps=15),
        eval_accuracy_threshold=0.6,
        serving_model_dir=str(out / "serving"),
        schema_path=None,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(str(out / "metadata")),
    )
    tfx.orchestration.LocalDagRunner().run(pipeline)


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
