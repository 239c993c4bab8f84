"""What is said of a run."""

from dataclasses import dataclass

from pipeline.notify.options import Event
from records.run import RunRecord

_LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message.

    Attributes:
      event: what it is about.
      subject: one line.
      text: more of it, the subject included.
    """

    event: Event
    subject: str
    text: str


def message_of(record: RunRecord) -> Message | None:
    """What is to be said of a run; None where it neither failed, nor was refused, nor pushed a new version."""
    if record.state == "failed":
        return _message("failure", f"{record.pipeline} failed", record, [record.error or ""])
    if record.state == "refused":
        refused = [str(finding) for finding in record.gates if finding.refuses]
        return _message("refusal", f"{record.pipeline}: a gate refused", record, refused or [record.error or ""])
    new = [push for push in record.pushes if push.in_this_run]
    if record.state != "done" or not new:
        return None
    push = new[-1]
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in record.metrics.items())
    return _message(
        "push", f"{record.pipeline}: pushed version {push.version} as {push.stage}", record, [metrics, push.destination]
    )


def _message(event: Event, subject: str, record: RunRecord, lines: list[str]) -> Message:
    text = "\n".join([subject, f"run {record.run_id}", *filter(None, lines)])
    return Message(event=event, subject=subject, text=text[:_LONGEST])
