"""The two tasks: images of few classes, and language with many classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock

from logitscape._src.datasets.corpus import standard_library_corpus
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.datasets.images import mnist5k

from .held_out import Recipe

HELD_OUT = 4000
"""Number of tokens in each held-out part."""
QUICK_HELD_OUT = 1000
QUICK_VOCABULARY = 300


@dataclass(frozen=True)
class Task:
    """A task, and the grid of settings that is searched.

    Attributes:
        name: Name of the task in the tables.
        pairs: Pairs that are compared.
        load: Function that gives the data set of a seed.
        recipe: Settings that all classifiers share.
        rates: Learning rates of the grid.
        scales: Initial scales of the grid.
        tuning_seeds: Seeds for the grid.
        seeds: Seeds for the results.
        wave: Number of classifiers that are trained by one call.
    """

    name: str
    pairs: Sequence[str]
    load: Callable[[int], Dataset]
    recipe: Recipe
    rates: Sequence[float]
    scales: Sequence[float]
    tuning_seeds: Sequence[int]
    seeds: Sequence[int]
    wave: int


def images(name: str, pairs: Sequence[str]) -> Task:
    """MNIST-5k, split anew for every seed, for a perceptron."""
    return Task(
        name=name,
        pairs=pairs,
        load=_load_once(_load_images),
        recipe=Recipe(hidden=64, steps=1000, batch=64),
        rates=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        scales=(0.01, 1.0),
        tuning_seeds=range(100, 102),
        seeds=range(24),
        wave=12,
    )


def quick_images(name: str, pairs: Sequence[str]) -> Task:
    """A small part of `images`."""
    return Task(
        name=name,
        pairs=pairs,
        load=_load_once(_load_images),
        recipe=Recipe(hidden=64, steps=20, batch=64),
        rates=(0.003, 0.01),
        scales=(0.01,),
        tuning_seeds=range(100, 101),
        seeds=range(2),
        wave=2,
    )


def _load_images(seed: int) -> Dataset:
    return mnist5k(seed=seed)


def language(name: str, pairs: Sequence[str]) -> Task:
    """The next token from the one before it, in other files for every seed."""
    recipe = Recipe(hidden=16, steps=300, batch=64)

    def load(seed: int) -> Dataset:
        return _first(standard_library_corpus(seed=seed), recipe, HELD_OUT)

    return Task(
        name=name,
        pairs=pairs,
        load=_load_once(load),
        recipe=recipe,
        rates=(0.002, 0.006, 0.02, 0.06, 0.2, 0.6),
        scales=(0.01,),
        tuning_seeds=range(100, 101),
        seeds=range(12),
        wave=6,
    )


def quick_language(name: str, pairs: Sequence[str]) -> Task:
    """A small part of `language`, with the same files and a small vocabulary for every seed."""
    recipe = Recipe(hidden=16, steps=15, batch=64)

    def load(_: int) -> Dataset:
        corpus = standard_library_corpus(vocabulary=QUICK_VOCABULARY, seed=0)
        return _first(corpus, recipe, QUICK_HELD_OUT)

    return Task(
        name=name,
        pairs=pairs,
        load=_load_once(load),
        recipe=recipe,
        rates=(0.02, 0.06),
        scales=(0.01,),
        tuning_seeds=range(100, 101),
        seeds=range(2),
        wave=2,
    )


def _first(corpus: Dataset, recipe: Recipe, held_out: int) -> Dataset:
    """The tokens that the training takes once each, and held-out parts of that size."""
    train = recipe.steps * recipe.batch
    return corpus.first(train=train, validation=held_out, test=held_out)


def _load_once(load: Callable[[int], Dataset]) -> Callable[[int], Dataset]:
    """A function that loads the data of each seed once, also if two threads ask for it."""
    lock = Lock()
    cached_load = cache(load)

    def load_once(seed: int) -> Dataset:
        # The cache alone would let both threads load what neither has stored yet.
        with lock:
            return cached_load(seed)

    return load_once
