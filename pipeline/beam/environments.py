"""Where an engine runs Python: what the section's `environment` may be. Needs no Beam."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator

from components.sections import Section

# apache/beam_python3.11_sdk and its like.
BEAMS_IMAGE = "apache/beam_python"
# As an engine's own machine is called.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[local]", "local")


def _check_address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or "/" in text or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"must be HOST:PORT, such as localhost:50000. Received: {text!r}")
    return text


Address: TypeAlias = Annotated[str, AfterValidator(_check_address)]


class Loopback(Section):
    """The process of the step itself, which the engine reaches at localhost: for an engine on the same machine."""

    kind: Literal["loopback"]


class External(Section):
    """Pools of workers that somebody has started beside the engine's machines: `python -m
    apache_beam.runners.worker.worker_pool_main`."""

    kind: Literal["external"]
    address: Address = Field(description="The pool, as each machine of the engine reaches it.")

    @property
    def is_beside(self) -> bool:
        """Whether each machine of the engine has its own."""
        return self.address.rpartition(":")[0] in LOCAL_HOSTS


class Process(Section):
    """Processes that the engine starts on its own machines."""

    kind: Literal["process"]
    command: str = Field(description="Beam's boot program there, such as /opt/apache/beam/boot.")
    env: dict[str, str] = Field(
        default_factory=dict, description="Environment variables, such as PYTHONPATH with modules of your own."
    )


class Docker(Section):
    """Containers that the engine starts."""

    kind: Literal["docker"]
    image: str = Field(description="An image with Beam's boot program, Slipway and your own modules; see docs/beam.md.")

    @field_validator("image")
    @classmethod
    def _holds_our_code(cls, image: str) -> str:
        if BEAMS_IMAGE in image:
            raise ValueError(
                f"must be an image that holds Slipway, for a worker that installs TFX when it starts takes minutes or "
                f"hangs. Received: {image!r}, Beam's own. Make one from Slipway's image, as docs/beam.md does"
            )
        return image


Environment: TypeAlias = Annotated[Loopback | External | Process | Docker, Field(discriminator="kind")]
