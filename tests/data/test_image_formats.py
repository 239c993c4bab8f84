"""Image files that TensorFlow cannot decode."""

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data.examples import image_defect, labelled_image
from data.image_formats import to_decodable
from data.images.folder import ImageFolder

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def _encoded(kind: str, pixels=PIXELS, mode: str = "RGB", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"), [("webp", {"lossless": True}), ("tiff", {}), ("tiff", {"compression": "tiff_lzw"})]
)
def test_what_tensorflow_cannot_decode_becomes_png_with_the_same_pixels(kind, options):
    content = _encoded(kind, **options)
    # TensorFlow 2.21 decodes WebP, and not everywhere that a model goes to is that one.
    if kind != "webp":
        assert image_defect(labelled_image(content, 0)) is not None
    np.testing.assert_array_equal(tf.io.decode_png(to_decodable(content)), PIXELS)


def test_avif_is_read_about_as_it_was():
    decoded = tf.io.decode_png(to_decodable(_encoded("avif", quality=100, subsampling="4:4:4"))).numpy()
    assert np.abs(decoded.astype(int) - PIXELS).max() < 8


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "L", "LA", "P", "1", "RGBA"])
def test_modes_that_are_colours_are_read(mode):
    assert image_defect(labelled_image(to_decodable(_encoded("tiff", mode=mode)), 0)) is None


def test_sixteen_bits_become_eight():
    """TensorFlow takes the upper eight of a PNG's; 0x1234 is 0x12."""
    stream = io.BytesIO()
    Image.fromarray(np.full((2, 2), 0x1234, np.uint16)).save(stream, "tiff")
    assert tf.io.decode_image(to_decodable(stream.getvalue())).numpy().max() == 0x12


def test_numbers_of_32_bits_are_no_image():
    stream = io.BytesIO()
    Image.fromarray(np.ones((2, 2), np.float32)).save(stream, "tiff")
    assert to_decodable(stream.getvalue()) == stream.getvalue()


def test_of_an_animation_the_first_frame_is_taken():
    stream = io.BytesIO()
    frames = [Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)]
    frames[0].save(stream, "webp", save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(tf.io.decode_png(to_decodable(stream.getvalue()), channels=3), PIXELS)


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp"])
def test_what_tensorflow_decodes_stays_as_it_is(kind):
    content = _encoded(kind)
    assert to_decodable(content) is content


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", _encoded("webp")[:40], b"II*\0not much more"])
def test_what_is_no_image_stays_a_defect(content):
    assert image_defect(labelled_image(to_decodable(content), 0)) is not None


@pytest.fixture
def folder(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for index in range(20):
            (tmp_path / name / f"{index}.WEBP").write_bytes(_encoded("webp"))
        (tmp_path / name / "a.heic").write_bytes(b"ftypheic")
    (tmp_path / "dog" / "notes.txt").write_text("not an image")
    return ImageFolder(kind="image_folder", directory=tmp_path)


def test_a_folder_s_files_are_converted(folder):
    examples = [example for shard in folder.shards("train") for _, example in folder.examples(shard)]
    assert examples
    assert {image_defect(example) for example in examples} == {None}


def test_files_that_are_not_read_are_named(folder):
    assert folder.overview().notes == ("not read: 2 .heic, 1 .txt",)


def test_a_folder_that_classes_do_not_name_is_told(folder):
    named = ImageFolder(kind="image_folder", directory=folder.directory, classes=("dog",))
    [note] = named.overview().notes
    assert note.startswith("not read: folder cat, which options.source.classes does not name, 1 .heic")


def test_a_folder_of_nothing_else_says_what_it_holds(folder):
    for path in Path(folder.directory).rglob("*.WEBP"):
        path.unlink()
    with pytest.raises(ValueError, match=r"with 2 folders and no image in them, but 2 \.heic, 1 \.txt\. Put"):
        folder.fingerprint()
