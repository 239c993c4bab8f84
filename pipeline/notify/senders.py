"""The ways to tell a message. What they raise says nothing that is a secret, such as a webhook's address."""

import html
import json
import os
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from typing import Any

import requests

from pipeline.notify.messages import Message
from pipeline.notify.options import EmailOptions, WebhookOptions


class NotifyError(RuntimeError):
    """Somebody who could not be told."""


def send_webhook(options: WebhookOptions, message: Message, *, timeout_secs: float) -> None:
    """Posts the text, with what Slack gives a meaning to (&, <, >) escaped. Raises NotifyError."""
    url = str(options.url) if options.url is not None else _secret(options.url_env)
    try:
        response = requests.post(url, json={"text": html.escape(message.text, quote=False)}, timeout=timeout_secs)
    except requests.RequestException as error:
        raise NotifyError(type(error).__name__) from None
    if not response.ok:
        raise NotifyError(f"it answered {response.status_code}")


def send_email(options: EmailOptions, message: Message, *, timeout_secs: float) -> None:
    """Sends one mail to all recipients. Raises NotifyError."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = options.sender
    mail["To"] = ", ".join(options.to)
    mail.set_content(message.text)
    password = _secret(options.password_env) if options.password_env else None
    try:
        with _connection(options, timeout_secs) as server:
            if options.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if options.user is not None and password is not None:
                server.login(options.user, password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise NotifyError(f"{type(error).__name__}: {error}") from None


def run_command(command: tuple[str, ...], message: Message, record: dict[str, Any], *, timeout_secs: float) -> None:
    """Runs the program. Raises NotifyError where it cannot be, takes too long, or ends with another code than 0."""
    text = json.dumps({**record, "event": message.event, "text": message.text})
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=timeout_secs)
    except subprocess.TimeoutExpired:
        raise NotifyError(f"it did not end within {timeout_secs:g} s") from None
    except OSError as error:
        raise NotifyError(str(error)) from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[-200:]
        raise NotifyError(f"it ended with exit code {done.returncode}: {said or 'it wrote nothing'}")


def _connection(options: EmailOptions, timeout_secs: float) -> smtplib.SMTP:
    if options.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(options.host, options.port, timeout=timeout_secs, context=context)
    return smtplib.SMTP(options.host, options.port, timeout=timeout_secs)


def _secret(name: str | None) -> str:
    value = os.environ.get(name or "")
    if not value:
        raise NotifyError(f"the environment variable {name} is not set")
    return value
