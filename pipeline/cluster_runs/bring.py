"""Brings the records of steps, and what there is to look at, from a pipeline root to this machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from etils import epath

from pipeline.cluster_runs.errors import ClusterRunsError
from pipeline.cluster_runs.layout import DEPTH, Task, base_of, check_uris, is_name, task_of
from records.step_record import LOG_OUTPUT, STEP_FILE, STEP_LINE, StepRecord

# What is large and no page reads.
LEFT_THERE = ("Examples", "Model", "TransformGraph", "TransformCache", "InferenceResult")
# The same of files and folders in other artifacts, by how their names end.
_WEIGHTS = ("checkpoints", ".keras", ".tflite")
# What lies below a root here.
ARTIFACTS = "artifacts"


def bring_runs(place: epath.Path, root: Path, runs: Sequence[str]) -> None:
    """Copies records and artifacts to ROOT/artifacts, laid out as they are there; what is there already stays.

    Args:
      place: pipeline root.
      root: where to.
      runs: ids of the backend's; all runs where none is named. Runs whose outputs they took from the cache come along.

    Raises:
      ClusterRunsError: there is no such run, none left a record, or a record names what is not the root's.
      OSError: the place cannot be read.
    """
    known = _runs(place)
    _check_runs(place, runs, known)
    waiting, brought = list(dict.fromkeys(runs)) or list(known), set[str]()
    any_record = False
    while waiting:
        run = waiting.pop()
        if run in brought:
            continue
        brought.add(run)
        records = _records(known[run], root)
        any_record = any_record or bool(records)
        for task, record in records.items():
            if not _done(root, task):
                _bring_task(known[run] / task.node / task.id, root / ARTIFACTS / Path(*task.parts), record)
            base = base_of(record, task)
            sources = [task_of(each.uri, base) for listed in record.inputs.values() for each in listed]
            waiting += [source.run for source in sources if source and source.run in known]
    if not any_record:
        raise ClusterRunsError(
            f"a pipeline root must hold what steps of Slipway's left. Received: {place}, with "
            f"{len(known)} folders of runs and no record in them. Name the root of kubeflow.pipeline_root, with "
            f"nothing behind it; runs of pipelines that were compiled by earlier versions left no records."
        )


def _check_runs(place: epath.Path, runs: Sequence[str], known: dict[str, epath.Path]) -> None:
    missing = [run for run in runs if run not in known]
    if missing:
        raise ClusterRunsError(
            f"--run must be the backend's id of a run that {place} has. Received: {', '.join(missing)}. It has "
            f"{', '.join(sorted(known)) or 'none'}."
        )


def _runs(place: epath.Path) -> dict[str, epath.Path]:
    """{id: folder}."""
    return {run.name: run for pipeline in _folders(place) for run in _folders(pipeline)}


def _tasks(run: epath.Path) -> list[Task]:
    return [Task(run.parent.name, run.name, node.name, each.name) for node in _folders(run) for each in _folders(node)]


def _records(run: epath.Path, root: Path) -> dict[Task, StepRecord]:
    """The records of a run's steps; none where a version ran it that left none."""
    folders = {task: run / task.node / task.id for task in _tasks(run)}
    found = {task: record for task, folder in folders.items() if (record := _done(root, task) or _read(folder, task))}
    died = {task: record for task, folder in folders.items() if task not in found and (record := _died(folder, task))}
    return {**found, **died} if found else {}


def _done(root: Path, task: Task) -> StepRecord | None:
    """A step's record that was brought before, if it is done: no other will come."""
    path = root / ARTIFACTS / Path(*task.parts) / STEP_FILE
    record = StepRecord.from_json(path.read_text()) if path.exists() else None
    return record if record and record.state == "done" else None


def _folders(path: epath.Path) -> Iterator[epath.Path]:
    if path.is_dir():
        yield from (each for each in path.iterdir() if is_name(each.name) and each.is_dir())


def _read(folder: epath.Path, task: Task) -> StepRecord | None:
    """A step's record: the file, or else the last in its log."""
    texts = [(each / STEP_FILE).read_text() for each in _folders(folder) if (each / STEP_FILE).exists()]
    for log in [] if texts else _logs(folder):
        lines = _lines(log)
        texts += [line.removeprefix(STEP_LINE) for line in lines if line.startswith(STEP_LINE)]
    if not texts:
        return None
    try:
        record = StepRecord.from_json(texts[-1])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ClusterRunsError(
            f"a step's record must be JSON of this version of Slipway or an earlier one. Received: what lies in "
            f"{folder} ({error}). Name other runs with --run, or install the version that compiled the pipeline."
        ) from None
    check_uris(record, task)
    return record


def _died(folder: epath.Path, task: Task) -> StepRecord | None:
    """Of a step that ended without a record, such as one that ran out of memory; None while it goes on."""
    logs = _logs(folder)
    if not logs:
        return None
    lines = [line for line in _lines(logs[-1]) if line.strip()]
    ended = float(logs[-1].stat().mtime)
    return StepRecord(
        task_uri=f"unknown://{'/'.join(task.parts)}",
        state="failed",
        error=f"{task.node} ended without a record. The last line of its log: {lines[-1] if lines else 'none'}",
        started_secs=ended,
        finished_secs=ended,
    )


def _logs(folder: epath.Path) -> list[epath.Path]:
    """Of all attempts, the oldest first."""
    found = [each for each in folder.iterdir() if each.name.startswith(LOG_OUTPUT) and each.is_file()]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def _lines(log: epath.Path) -> list[str]:
    # A process that was killed may end within a character.
    return log.read_bytes().decode(errors="replace").splitlines()


def _bring_task(folder: epath.Path, target: Path, record: StepRecord) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for channel, artifacts in record.outputs.items():
        if artifacts and artifacts[0].type not in LEFT_THERE:
            _copy(folder / channel, target / channel)
    # The last: where it lies, all else does.
    (target / STEP_FILE).write_text(record.as_json())


def _copy(source: epath.Path, target: Path) -> None:
    if not source.is_dir():
        return
    target.mkdir(exist_ok=True)
    for each in source.iterdir():
        if each.name in ("", ".", "..") or "/" in each.name or each.name.endswith(_WEIGHTS):
            continue
        if each.is_dir():
            _copy(each, target / each.name)
        else:
            (target / each.name).write_bytes(each.read_bytes())


def brought_records(root: Path) -> dict[Task, StepRecord]:
    """The records below ROOT/artifacts, by when their steps started."""
    paths = (root / ARTIFACTS).glob("/".join(["*"] * DEPTH) + f"/{STEP_FILE}")
    found = {Task(*path.parts[-DEPTH - 1 : -1]): StepRecord.from_json(path.read_text()) for path in paths}
    return dict(sorted(found.items(), key=lambda item: item[1].started_secs))
