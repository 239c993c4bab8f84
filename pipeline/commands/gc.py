"""`slipway gc`: removes artifacts that nothing needs."""

from collections import Counter
from pathlib import Path

import click

from inspection.store import RunStore
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.root import Root
from records.stores import path_at


@click.command()
@click.argument("root", type=LOCAL_PATH)
@click.option("--keep-last", required=True, type=click.IntRange(min=1), metavar="N", help="Runs whose artifacts stay.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
def command(root: Path, keep_last: int, dry_run: bool) -> None:
    """Remove the artifacts that neither the last N runs of ROOT nor a registered model needs.

    What a run read or wrote stays with it, and what a model was made of stays while its version is in the registry.
    Records, logs and reports of runs, the registry and trainings under way are left alone. ML Metadata says which
    artifacts are gone, and the cache does not offer them.
    """
    place = Root(root.resolve())
    if not place.metadata.exists():
        raise UsageError(f"ROOT must be a root that a run has used. Received: {root}, which has no ML Metadata.")
    from pipeline.garbage import find_garbage, needed_artifacts, remove, size_bytes

    with place.lock():
        store = RunStore(place.path)
        kept = store.run_ids()[-keep_last:]
        needed = needed_artifacts(store.store, keep_runs=kept, is_there=lambda version: path_at(version).exists())
        garbage = find_garbage(store.store, needed, below=place.artifacts)
        # By node and channel, as they lie in the folder.
        counts = Counter("/".join(Path(artifact.uri).parts[-3:-1]) for artifact in garbage)
        total = sum(map(size_bytes, garbage))
        if not dry_run:
            remove(store.store, garbage)
    for name, count in sorted(counts.items()):
        click.echo(f"{name}  {count}")
    done = "would be removed" if dry_run else "removed"
    click.echo(f"{len(garbage):,} artifacts, {total:,} bytes, {done}; those of {len(kept)} runs stay.")
