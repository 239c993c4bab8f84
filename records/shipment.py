"""Which of the converted files ship, as the gates leave it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from records.artifact_files import read_file, write_file
from records.findings import Finding

SHIPMENT_FILE = "shipment.json"


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """Which converted files ship.

    Attributes:
      variants: names of the variants that ship so far, in the order of the config.
      needed: names of the variants without which nothing ships: the chosen one, and those that the config requires.
    """

    variants: tuple[str, ...]
    needed: tuple[str, ...]

    def judged(self, findings: Iterable[Finding]) -> tuple["Shipment", list[Finding]]:
        """What ships after a gate, and the gate's findings, of which those of files that are not needed refuse nothing.

        Args:
          findings: on all files that shipped so far; those of no one file refuse as before.
        """
        marked = [replace(finding, stops=finding.variant in ("", *self.needed)) for finding in findings]
        failed = {finding.variant for finding in marked if not finding.passed}
        return replace(self, variants=tuple(name for name in self.variants if name not in failed)), marked


def write_shipment(uri: str, shipment: Shipment) -> None:
    """Writes the shipment into the directory of the gate's artifact."""
    write_file(uri, SHIPMENT_FILE, json.dumps(asdict(shipment)))


def read_shipment(uri: str) -> Shipment:
    """The shipment in the directory of a gate's artifact."""
    return Shipment(**{key: tuple(names) for key, names in json.loads(read_file(uri, SHIPMENT_FILE)).items()})
