"""Random changes of image batches, in training only."""

from typing import Any, Literal

import keras
from keras import ops

Flip = Literal["horizontal", "vertical", "horizontal_and_vertical"]


@keras.saving.register_keras_serializable(package="slipway")
class ImageAugmentation(keras.layers.Layer):
    """Keras's own augmentations one after the other, MixUp or CutMix last.

    All randomness comes from seed generators among the layer's variables, so that a checkpoint holds its state.
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
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Args:
        num_classes: of the soft labels that MixUp and CutMix make.
        flip: along which axes, each with equal chance of staying.
        crop_padding: pixels of zeros around, before a crop to the size that was; one crop a batch.
        rotate_degrees: largest turn either way.
        translate: largest shift, as a share of height and of width.
        zoom: largest zoom in or out, as a share of the size.
        erase: chance that a rectangle of an image is erased.
        mixup_alpha: of MixUp's beta distribution; zero leaves it out.
        cutmix_alpha: the same of CutMix; with both, one of the two is drawn for each batch.
        seed: of the seed generators; None draws one.
        """
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.flip = flip
        self.crop_padding = crop_padding
        self.rotate_degrees = rotate_degrees
        self.translate = translate
        self.zoom = zoom
        self.erase = erase
        self.mixup_alpha = mixup_alpha
        self.cutmix_alpha = cutmix_alpha
        self.seed = seed
        filled = {"fill_mode": "constant", "interpolation": "bilinear", "seed": seed}
        layers = keras.layers
        self._single: list[keras.layers.Layer] = []
        if flip:
            self._single.append(layers.RandomFlip(flip, seed=seed))
        if rotate_degrees:
            self._single.append(layers.RandomRotation(rotate_degrees / 360, **filled))
        if translate:
            self._single.append(layers.RandomTranslation(translate, translate, **filled))
        if zoom:
            self._single.append(layers.RandomZoom(zoom, zoom, **filled))
        if erase:
            self._single.append(layers.RandomErasing(erase, value_range=(0, 1), seed=seed))
        self._mixes: list[keras.layers.Layer] = []
        if mixup_alpha:
            self._mixes.append(layers.MixUp(alpha=mixup_alpha, seed=seed))
        if cutmix_alpha:
            self._mixes.append(layers.CutMix(factor=(cutmix_alpha, cutmix_alpha), seed=seed))
        self._choice = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._crop = keras.layers.RandomCrop(*input_shape[1:3], seed=self.seed) if self.crop_padding else None
        for layer in self._single:
            layer.build(input_shape)

    def call(self, images: Any, labels: Any, training: bool = False) -> tuple[Any, Any]:
        """`images`: `[batch, height, width, channel]` in [0, 1]; `labels`: `[batch]`.

        Returns:
          Both, the labels as `[batch, class]` where images are mixed.
        """
        if not training:
            return images, labels
        if self._crop is not None:
            padding = self.crop_padding
            padded = ops.pad(images, [[0, 0], [padding, padding], [padding, padding], [0, 0]])
            images = self._crop(padded, training=True)
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
            *("mixup_alpha", "cutmix_alpha", "seed"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
