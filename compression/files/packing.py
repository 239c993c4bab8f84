"""What a client has to know, in the TFLite file itself.

The files are appended as a ZIP archive, as TFLite's associated files are: `unzip` and TFLite's MetadataExtractor read
them, and an interpreter does not look behind the model.

Source: https://ai.google.dev/edge/litert/conversion/tensorflow/metadata, "associated files"
"""

import io
import zipfile
from collections.abc import Mapping

# The same content gives the same bytes, whenever it was packed.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack_files(content: bytes, files: Mapping[str, str]) -> bytes:
    """Appends text files, `{name: text}`, to a TFLite file; returns the whole."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(
                zipfile.ZipInfo(name, date_time=_LONG_AGO), text.encode(), compress_type=zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def unpack_files(content: bytes) -> dict[str, str]:
    """Reads the text files behind the model; none where none were packed."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
