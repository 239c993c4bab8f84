"""Tells whom the config names what became of a run."""

from collections.abc import Callable

from pipeline.notify.messages import message_of
from pipeline.notify.options import NotifyConfig
from records.run import RunRecord


def notify_of(record: RunRecord, options: NotifyConfig, say: Callable[[str], None]) -> None:
    """Tells each way that the config has, if it is to be told. Never raises: a run is what it is, whoever knows of it.

    Args:
      record: of the run, which ended.
      options: the config's section.
      say: what is told of ways that failed.
    """
    message = message_of(record)
    if message is None or message.event not in options.on:
        return
    # Here, for most runs tell nobody.
    from pipeline.notify.senders import run_command, send_email, send_webhook

    timeout_secs = options.timeout_secs
    ways: dict[str, Callable[[], None]] = {}
    if options.webhook is not None:
        webhook = options.webhook
        ways["webhook"] = lambda: send_webhook(webhook, message, timeout_secs=timeout_secs)
    if options.email is not None:
        email = options.email
        ways["email"] = lambda: send_email(email, message, timeout_secs=timeout_secs)
    if options.command is not None:
        command = options.command
        ways["command"] = lambda: run_command(command, message, record.as_json(), timeout_secs=timeout_secs)
    for name, tell in ways.items():
        try:
            tell()
        except Exception as error:  # Whatever it is, it is no reason for a run to fail.
            say(f"notify.{name} could not be told of the {message.event}: {error}")
