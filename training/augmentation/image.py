"""Random changes of image batches, in training only."""

import itertools
from typing import Any, Literal, get_args

import keras
from keras import ops

from training.augmentation.cutmix import CutMix
from training.augmentation.random_crop import FillMode, RandomPaddedCrop

Flip = Literal["horizontal", "vertical", "horizontal_and_vertical"]


@keras.saving.register_keras_serializable(package="slipway")
class ImageAugmentation(keras.layers.Layer):
    """Keras's own augmentations one after the other, MixUp or CutMix last.

    Computes in float32 whatever the global precision: Keras's MixUp fails in any other. All randomness comes from seed
    generators among the layer's variables, so that a checkpoint holds its state.
    Sources: Zhang et al., "mixup", ICLR 2018; Yun et al., "CutMix", ICCV 2019; Zhong et al., "Random
    Erasing", AAAI 2020.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        flip: Flip | None = None,
        crop_padding: int = 0,
        rotate_degrees: float = 0.0,
        translate: float = 0.0,
        zoom: float = 0.0,
        erase: float = 0.0,
        mixup_alpha: float = 0.0,
        cutmix_alpha: float = 0.0,
        fill_mode: FillMode = "constant",
        seed: int | None = None,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        """Args:
        num_classes: of the soft labels that MixUp and CutMix make.
        flip: along which axes, each with equal chance of staying.
        crop_padding: pixels around, before a crop to the size that was.
        rotate_degrees: largest turn either way.
        translate: largest shift, as a share of height and of width.
        zoom: largest zoom in or out, as a share of the size.
        erase: chance that a rectangle of an image is erased.
        mixup_alpha: of MixUp's beta distribution; zero leaves it out.
        cutmix_alpha: the same of CutMix; with both, one of the two is drawn for each batch.
        fill_mode: what shows behind an image that is cropped, turned, shifted or zoomed: zeros, its nearest pixels, or
          the image mirrored at its edge.
        seed: of the first seed generator, the others count up from it; None draws each.
        dtype: of the arithmetic.

        Raises:
          ValueError: an unknown flip, a chance above one, or a negative value.
        """
        super().__init__(dtype=dtype, **kwargs)
        if flip not in (None, *get_args(Flip)):
            raise ValueError(f"flip must be None or one of {', '.join(get_args(Flip))}. Received: {flip!r}")
        amounts = {
            "crop_padding": crop_padding,
            "rotate_degrees": rotate_degrees,
            "translate": translate,
            "zoom": zoom,
            "erase": erase,
            "mixup_alpha": mixup_alpha,
            "cutmix_alpha": cutmix_alpha,
        }
        if min(amounts.values()) < 0 or erase > 1:
            raise ValueError(f"No amount may be negative, nor erase above 1. Received: {amounts}")
        self.num_classes = num_classes
        self.flip = flip
        self.crop_padding = crop_padding
        self.rotate_degrees = rotate_degrees
        self.translate = translate
        self.zoom = zoom
        self.erase = erase
        self.mixup_alpha = mixup_alpha
        self.cutmix_alpha = cutmix_alpha
        self.fill_mode = fill_mode
        self.seed = seed
        filled = {"fill_mode": fill_mode, "interpolation": "bilinear"}
        layers = keras.layers
        # Each its own: generators of one seed would draw the same numbers, and turn as far as they zoom.
        seeds = itertools.repeat(None) if seed is None else itertools.count(seed)

        def drawn() -> dict[str, Any]:
            return {"seed": next(seeds), "dtype": self.dtype_policy}

        self._single: list[keras.layers.Layer] = []
        if crop_padding:
            self._single.append(RandomPaddedCrop(crop_padding, fill_mode=fill_mode, **drawn()))
        if flip:
            self._single.append(layers.RandomFlip(flip, **drawn()))
        if rotate_degrees:
            self._single.append(layers.RandomRotation(rotate_degrees / 360, **filled, **drawn()))
        if translate:
            self._single.append(layers.RandomTranslation(translate, translate, **filled, **drawn()))
        if zoom:
            self._single.append(layers.RandomZoom(zoom, zoom, **filled, **drawn()))
        if erase:
            # A pair: out of one number Keras draws each chance between zero and it.
            self._single.append(layers.RandomErasing((erase, erase), value_range=(0, 1), **drawn()))
        self._mixes: list[keras.layers.Layer] = []
        if mixup_alpha:
            self._mixes.append(layers.MixUp(alpha=mixup_alpha, **drawn()))
        if cutmix_alpha:
            self._mixes.append(CutMix(alpha=cutmix_alpha, **drawn()))
        self._choice = keras.random.SeedGenerator(next(seeds))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        for layer in self._single:
            layer.build(input_shape)

    def call(self, images: Any, labels: Any, training: bool = False) -> tuple[Any, Any]:
        """`images`: `[batch, height, width, channel]` in [0, 1]; `labels`: `[batch]`.

        Returns:
          Both, the labels as `[batch, class]` where images are mixed.
        """
        if not training:
            return images, labels
        for layer in self._single:
            images = layer(images, training=True)
        images = ops.clip(images, 0.0, 1.0)
        return self._mixed(images, labels) if self._mixes else (images, labels)

    def _mixed(self, images: Any, labels: Any) -> tuple[Any, Any]:
        batch = {"images": images, "labels": ops.one_hot(labels, self.num_classes, dtype="float32")}
        made = [layer(batch, training=True) for layer in self._mixes]
        if len(made) == 1:
            return made[0]["images"], made[0]["labels"]
        first = keras.random.uniform((), seed=self._choice) < 0.5
        return (
            ops.where(first, made[0]["images"], made[1]["images"]),
            ops.where(first, made[0]["labels"], made[1]["labels"]),
        )

    def get_config(self) -> dict[str, Any]:
        own = (
            *("num_classes", "flip", "crop_padding", "rotate_degrees", "translate", "zoom", "erase"),
            *("mixup_alpha", "cutmix_alpha", "fill_mode", "seed"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
