"""The section `notify` of a config. Needs no TFX; holds no secrets, but names of environment variables that do."""

from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from components.sections import Section

Event = Literal["failure", "refusal", "push"]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class WebhookOptions(Section):
    """An address that gets a POST with JSON, `{"text": …}`, as Slack's incoming webhooks take it."""

    url: HttpUrl | None = Field(None, description="The address, where it is no secret.")
    url_env: EnvironmentName | None = Field(None, description="The environment variable that holds the address.")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("Give url or url_env, one of them.")
        return self


class EmailOptions(Section):
    """A mail by SMTP."""

    host: str = Field(min_length=1, description="Of the SMTP server.")
    port: int = Field(587, ge=1, le=65535, description="Of the SMTP server.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="TLS after the greeting, from the start, or not at all."
    )
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Address of the sender.")
    to: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = Field(
        min_length=1, description="Addresses of the recipients."
    )
    user: str | None = Field(None, description="Who logs in; default: nobody.")
    password_env: EnvironmentName | None = Field(
        None, description="The environment variable that holds the user's password."
    )

    @model_validator(mode="after")
    def _user_with_password(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("Give user and password_env, both or none.")
        return self


class NotifyConfig(Section):
    """Who is told what became of a run on this machine. Who cannot be reached is named, and the run is as it was."""

    on: tuple[Event, ...] = Field(
        ("failure", "refusal", "push"),
        min_length=1,
        description="A run that failed, one that a gate refused, one that pushed a new version.",
    )
    webhook: WebhookOptions | None = Field(None, description="An address that is told.")
    email: EmailOptions | None = Field(None, description="A mail that is sent.")
    command: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="A program and its arguments; gets the run's summary.json, with `event` and `text`, on its input.",
    )
    timeout_secs: float = Field(10, gt=0, description="Of each way.")

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not (self.webhook or self.email or self.command):
            raise ValueError("Give webhook, email or command.")
        return self
