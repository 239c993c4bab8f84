"""The script that one would write in ten minutes instead of using the starter: Keras alone, as its guides have it.

`python -m benchmarks.starter_script SET SEED SECONDS PARAMETERS [--flip]` prints its test accuracy.
"""

import json
import sys
import time

import keras
import numpy as np

from benchmarks.starter_images import arrays


def network(image_shape: tuple[int, int, int], num_classes: int, *, width: int) -> keras.Model:
    """Three stages of two convolutions, the widths of which double."""
    image = keras.Input(image_shape)
    x = image
    for stage in range(3):
        for _ in range(2):
            x = keras.layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False)(x)
            x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation("relu")(x)
        x = keras.layers.MaxPooling2D()(x) if stage < 2 else keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.3)(x)
    return keras.Model(image, keras.layers.Dense(num_classes, activation="softmax")(x))


def with_parameters(image_shape: tuple[int, int, int], num_classes: int, parameters: int) -> keras.Model:
    """The widest network that has no more than 2 % more parameters than that."""
    width = 8
    while network(image_shape, num_classes, width=width + 1).count_params() <= 1.02 * parameters:
        width += 1
    return network(image_shape, num_classes, width=width)


class StopAfter(keras.callbacks.Callback):
    """Ends training with the epoch in which the time is over."""

    def __init__(self, secs: float) -> None:
        super().__init__()
        self._end_secs = time.perf_counter() + secs

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.model.stop_training = self.model.stop_training or time.perf_counter() > self._end_secs


def trained_accuracy(name: str, *, seed: int, secs: float, parameters: int, flip: bool) -> dict[str, float]:
    """Test accuracy of a training that takes as long as it may, its seconds, epochs and parameters."""
    keras.utils.set_random_seed(seed)
    splits = arrays(name)
    images, labels = splits["train"]
    num_classes = int(labels.max()) + 1
    _, height, width, channels = images.shape
    model = with_parameters((height, width, channels), num_classes, parameters)
    start_secs = time.perf_counter()
    stop = StopAfter(secs)
    augmentation = keras.Sequential(
        [*([keras.layers.RandomFlip("horizontal")] if flip else []), keras.layers.RandomTranslation(0.1, 0.1)]
    )
    whole = keras.Sequential([augmentation, model])
    whole.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    best = keras.callbacks.ModelCheckpoint(
        f"output/benchmarks/starter/{name}-{seed}.weights.h5",
        "val_accuracy",
        save_best_only=True,
        save_weights_only=True,
    )
    slower = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5)
    fitted = whole.fit(
        images,
        labels,
        batch_size=64,
        epochs=1000,
        validation_data=splits["eval"],
        callbacks=[best, slower, stop],
        verbose=0,
    )
    took_secs = time.perf_counter() - start_secs
    whole.load_weights(best.filepath)
    test_images, test_labels = splits["test"]
    predicted = np.argmax(whole.predict(test_images, verbose=0), axis=-1)
    return {
        "accuracy": float(np.mean(predicted == test_labels)),
        "eval_accuracy": max(fitted.history["val_accuracy"]),
        "epochs": len(fitted.epoch),
        "secs": took_secs,
        "parameters": model.count_params(),
    }


if __name__ == "__main__":
    name, seed, secs, parameters, *flags = sys.argv[1:]
    result = trained_accuracy(
        name, seed=int(seed), secs=float(secs), parameters=int(parameters), flip="--flip" in flags
    )
    print(json.dumps(result))
