"""Checks whether a look-back and a horizon suit a network. Needs no Keras, as options call it too."""


def check_multiples(name: str, size: int, *, lookback: int, horizon: int) -> None:
    """Raises ValueError unless look-back and horizon are multiples of `size`, the option called `name`."""
    if lookback % size or horizon % size:
        raise ValueError(
            f"Look-back and horizon must be multiples of {name}. Received: lookback={lookback}, horizon={horizon}, "
            f"{name}={size}"
        )


def check_patch(patch: int, *, lookback: int) -> None:
    """Raises ValueError unless the look-back holds a patch."""
    if lookback < patch:
        raise ValueError(f"The look-back must hold a patch. Received: lookback={lookback}, patch={patch}")


def check_decoded_patches(patch: int, *, lookback: int, horizon: int) -> None:
    """Raises ValueError unless the horizon consists of whole patches, and the look-back holds two."""
    if horizon % patch or lookback < 2 * patch:
        raise ValueError(
            f"The horizon must be a multiple of patch, and the look-back hold two. Received: horizon={horizon}, "
            f"lookback={lookback}, patch={patch}. Choose a smaller patch."
        )


def check_kernel(kernel: int) -> None:
    """Raises ValueError unless a moving average of `kernel` rows has one in its middle."""
    if kernel % 2 == 0:
        raise ValueError(f"A moving average needs an odd number of rows. Received: kernel={kernel}")
