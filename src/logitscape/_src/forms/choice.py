"""In which form a function comes, told by values where the shapes of several fit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from . import laws, laws_of_positives
from .call import TARGETS, Call, names_say_positives, second_name
from .choice_of_elements import of_elements
from .framework import Rows
from .reading import (
    PICTURES,
    READINGS,
    SEQUENCE,
    Form,
    Reading,
    Reduction,
    Targets,
    arguments_of_one,
)
from .recognised import AS_GIVEN, Recognised, tested
from .trials import Trials


def choose(trials: Trials, accepted: Sequence[Reading]) -> Recognised | None:
    """The first reading that stands the tests by values."""
    if any(reading.is_binary for reading in accepted):
        # What takes single logits takes pictures of them too, and broadcasts the labels.
        accepted = [reading for reading in accepted if reading.logits != PICTURES]
    by_form = dict[Form, Reading]()
    for reading in accepted:
        by_form.setdefault(reading.form, reading)
    if not by_form:
        return None
    if "positives" in by_form:
        reading = by_form.pop("positives")
        accepted = [each for each in accepted if each.form != "positives"]
        if _are_positives(trials, alone=not by_form):
            found = tested(lambda: laws_of_positives.reduction_of(trials.run), None)
            return Recognised(reading, trials.call, found)
        if not by_form:
            return None
    if "similarities" in by_form:
        reading = by_form["similarities"]
        if not _is_of_similarities(trials):
            return None
        reduction: Reduction = "none" if trials.returned[reading].shape else "mean"
        return Recognised(reading, trials.call, reduction)
    chosen = _of_categories(trials, accepted, by_form)
    if chosen is not None:
        return chosen
    binary = [reading for reading in accepted if reading.is_binary]
    return of_elements(trials, binary, by_form.get("multi-label"))


def _of_categories(
    trials: Trials, accepted: Sequence[Reading], by_form: Mapping[Form, Reading]
) -> Recognised | None:
    """A loss of one label among the classes."""
    vector = by_form.get("one example")
    labels = by_form.get("batch, labels")
    one_label = by_form.get("one example, label")
    one_hot = by_form.get("batch, one-hot")
    if vector and (labels or one_label) and not _is_true_of_place(trials):
        vector = None
    if vector:
        return _vector(trials, vector, one_hot, "binary" in by_form)
    if labels:
        labels, reduction = _explained(trials, "batch, labels", accepted)
        if _label_only_adds(trials, labels):
            return None
        if reduction is None and _is_of_next_labels(trials, labels):
            trials.returned[SEQUENCE] = trials.returned[labels]
            return Recognised(SEQUENCE, trials.call)
        is_mixed = reduction is None and trials.returned[labels].shape == ()
        if is_mixed and one_label and not _is_intensive(trials, labels):
            return Recognised(one_label, trials.call)
        return Recognised(labels, trials.call, reduction, in_batches=labels)
    if one_hot:
        one_hot, reduction = _explained(trials, "batch, one-hot", accepted)
        if reduction is not None and _are_embeddings(trials, one_hot):
            reduction = None
        targets = _targets(trials, one_hot)
        each = _asks_every_class(trials, one_hot, targets)
        return Recognised(one_hot, trials.call, reduction, targets, one_hot, each)
    if one_label:
        return Recognised(one_label, trials.call)
    return None


def _vector(
    trials: Trials, vector: Reading, one_hot: Reading | None, may_be_binary: bool
) -> Recognised:
    """A loss of a logit vector and a target vector."""
    n = trials.num_classes
    targets = tested(lambda: laws.targets_of(trials.run, n), AS_GIVEN)
    if may_be_binary and tested(
        lambda: laws.is_mean_of_elements(trials.run, n, targets), False
    ):
        binary = next(each for each in READINGS if each.form == "binary")
        return Recognised(binary, trials.call, "mean", targets, binary)
    # A loss of one example may nearly be a sum over a batch that it was not made for.
    exact = laws.ROUNDING
    reduction = None if one_hot is None else _reduction(trials, one_hot, exact)
    each = tested(lambda: laws.asks_every_class(trials.run, n, targets), False)
    if one_hot is None or reduction is None:
        return Recognised(vector, trials.call, "none", targets, each_class=each)
    is_batch = tested(
        lambda: laws.differs_from_batch_of_one(trials.run, trials.run, n), False
    )
    reading = one_hot if is_batch else vector
    return Recognised(reading, trials.call, reduction, targets, one_hot, each)


def _is_of_similarities(trials: Trials) -> bool:
    """Whether a function takes similarities as its call has them."""
    n = trials.num_classes
    if trials.call.style == "embeddings":
        return tested(lambda: laws.is_of_angles(trials.run_of_two, n), False)
    if trials.call.style == "both sides":
        return tested(lambda: laws.is_of_two_sides(trials.run_of_two), False)
    if trials.framework.array == "np":
        return True
    whole = trials.framework.runner(trials.function, replace(trials.call, style="one"))
    is_joint, is_of_pairs = (
        tested(partial(laws.is_of_joint_matrix, whole, in_pairs), False)
        for in_pairs in (False, True)
    )
    style = "joint" if is_joint else "joint pairs" if is_of_pairs else "one"
    return trials.call.style == style


def _are_positives(trials: Trials, *, alone: bool) -> bool:
    """Whether a function takes the similarities of what matches, and of what does not.

    Where other readings fit as well, only the names of its arguments tell.
    """
    if trials.call.swapped or not (alone or names_say_positives(trials.function)):
        return False
    return tested(lambda: laws_of_positives.hold(trials.run), False)


def _label_only_adds(trials: Trials, labels: Reading) -> bool:
    """Whether what is taken for a label is a number beside a loss of something else."""
    make = laws.arguments_for(labels)
    n = trials.num_classes
    return tested(lambda: laws.label_only_adds(trials.run, make, n), False)


def _is_of_next_labels(trials: Trials, labels: Reading) -> bool:
    """Whether what is taken for a batch is a sequence, as of a language model."""
    if trials.returned[labels].shape or (labels.logits, labels.target) != ("Nn", "N"):
        return False
    n = trials.num_classes
    return tested(lambda: laws.is_of_next_labels(trials.run, n), False)


def compares_embeddings(trials: Trials, recognised: Recognised) -> bool:
    """Whether labels say which rows belong together, and number no logits."""
    if recognised.form != "batch, labels":
        return False
    make = laws.arguments_for(recognised.reading)
    n = trials.num_classes
    return tested(lambda: laws.is_of_embeddings(trials.run, make, n), False)


def says_nothing(trials: Trials, recognised: Recognised) -> bool:
    """Whether a loss of two vectors is the same for all of them, and may be one of matrices.

    A function that joins two sets of embeddings takes two vectors as well, by broadcasting.
    """
    is_clear = second_name(trials.function).lower() in TARGETS
    if recognised.form != "one example" or trials.call != Call() or is_clear:
        return False
    return tested(lambda: laws.is_constant(trials.run, trials.num_classes), False)


def _are_embeddings(trials: Trials, one_hot: Reading) -> bool:
    """Whether a batch is explained only nearly, by similarities that happen to be small."""
    if _reduction(trials, one_hot, laws.ROUNDING) is not None:
        return False
    n = trials.num_classes
    return tested(lambda: laws.is_of_angles(trials.run_of_two, n), False)


def _is_true_of_place(trials: Trials) -> bool:
    return tested(lambda: laws.depends_on_place(trials.run, trials.num_classes), False)


def _is_intensive(trials: Trials, reading: Reading) -> bool:
    make = laws.arguments_for(reading)
    return tested(
        lambda: laws.is_intensive(trials.run, make, trials.num_classes), False
    )


def _reduction(
    trials: Trials, reading: Reading, exact: float = laws.EXACT
) -> Reduction | None:
    make = laws.arguments_for(reading)
    nothing: Reduction | None = None
    return tested(
        lambda: laws.reduction_of(trials.run, make, trials.num_classes, exact), nothing
    )


def _explained(
    trials: Trials, form: Form, accepted: Sequence[Reading]
) -> tuple[Reading, Reduction | None]:
    """The first reading of a form in which the losses of examples explain that of a batch."""
    first, *others = [reading for reading in accepted if reading.form == form]
    reduction = _reduction(trials, first)
    if reduction is not None:
        return first, reduction
    for reading in others:
        reduction = _reduction(trials, reading)
        # A softmax over an axis of length 1 would make all examples alike.
        if reduction is not None and _differ(trials, reading):
            return reading, reduction
    return first, None


def _differ(trials: Trials, reading: Reading) -> bool:
    make = laws.arguments_for(reading)
    return tested(
        lambda: laws.tells_labels_apart(trials.run, make, trials.num_classes), False
    )


def _targets(trials: Trials, reading: Reading) -> Targets:
    def run(z: Rows, t: Rows) -> Rows:
        return trials.run(*arguments_of_one(reading, z, t))

    return tested(lambda: laws.targets_of(run, trials.num_classes), AS_GIVEN)


def _asks_every_class(trials: Trials, reading: Reading, targets: Targets) -> bool:
    def run(z: Rows, t: Rows) -> Rows:
        return trials.run(*arguments_of_one(reading, z, t)).reshape(())

    n = trials.num_classes
    return tested(lambda: laws.asks_every_class(run, n, targets), False)
