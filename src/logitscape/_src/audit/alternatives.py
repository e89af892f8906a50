"""What another loss would do at these logits, to first order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .directions import cosine_of_means
from .estimates import Estimate, mean, share
from .examples import Measured
from .extremes import stuck_at
from .gradient import carried_by, carriers_of
from .ranks import rank_correlation

Numbers = NDArray[np.float64]

STEP = 0.1
"""Distance that the logits move in one step, on average over the examples."""


@dataclass(frozen=True)
class Alternative:
    """One loss in place of the present one, at the same logits.

    A step moves every example's logits along minus its gradient, all by the same factor, so that
    they move by 0.1 on average. What is said of it holds to first order and of the logits, which a
    model moves together through its weights: a direction, and no promise.

    Attributes:
        name: Name of the loss.
        undefined: Share of the examples at which it has no finite gradient, as outside of the
            domain of its normalizer. They count as not moved.
        norm: Mean norm of its gradient, where it is finite.
        carriers: Share of the examples that carry half of its gradient.
        carried_by_wrong: Share of the gradient that is of wrong examples.
        cosine: Mean cosine between its gradient and the present one, example by example.
        cosine_of_sum: Cosine between the sums of both over all examples.
        rank_agreement: Spearman's correlation of the norms of both.
        wakes: Share of the examples that are stuck now and would not be.
        sleeps: Share of the examples that are not stuck now and would be.
        loss_change: Change of the present mean loss by a step, to first order.
        accuracy_change: Change of the accuracy by a step, to first order.
        waking: Examples that would wake up.
        sleeping: Examples that would fall asleep.
    """

    name: str
    undefined: Estimate
    norm: Estimate
    carriers: Estimate
    carried_by_wrong: Estimate
    cosine: Estimate
    cosine_of_sum: Estimate
    rank_agreement: Estimate
    wakes: Estimate
    sleeps: Estimate
    loss_change: Estimate
    accuracy_change: Estimate
    waking: tuple[int, ...]
    sleeping: tuple[int, ...]


def alternatives(measured: Measured) -> tuple[Alternative, ...]:
    """The present loss, by which a step can be compared, and all others."""
    return tuple(
        _alternative(measured, place) for place in range(len(measured.setting.names))
    )


def _alternative(measured: Measured, place: int) -> Alternative:
    examples, count = measured.examples, len(measured.index)
    present = examples.norm[0].astype(np.float64)
    norm = examples.norm[place].astype(np.float64)
    usable = np.isfinite(norm)
    norm = np.where(usable, norm, 0)
    step = STEP / (norm.mean() or 1.0)
    cosine = np.where(usable, examples.cosine[place], 0).astype(np.float64)
    both = (present > 0) & (norm > 0)
    now, then = (stuck_at(measured.setting, examples, k) for k in (0, place))
    wakes, sleeps = now & ~then & usable, then & ~now
    wrong = ~examples.right
    speed = np.where(usable, examples.speed[place], 0).astype(np.float64) * step
    return Alternative(
        name=measured.setting.names[place],
        undefined=share(int((~usable).sum()), count),
        norm=mean(norm[usable]),
        carriers=carriers_of(norm, 0.5),
        carried_by_wrong=carried_by(norm, wrong),
        cosine=mean(cosine[both]),
        cosine_of_sum=cosine_of_means(measured, place),
        rank_agreement=rank_correlation(present, norm),
        wakes=share(int(wakes.sum()), count),
        sleeps=share(int(sleeps.sum()), count),
        loss_change=mean(-step * present * norm * cosine),
        accuracy_change=accuracy_change(examples.margin, speed),
        waking=measured.shown(f"wakes {place}") if place else (),
        sleeping=measured.shown(f"sleeps {place}") if place else (),
    )


def accuracy_change(margin: NDArray[np.floating], speed: Numbers) -> Estimate:
    """`f(0) E[speed | margin = 0]`, the rate at which margins pass through 0.

    The accuracy is the share of the margins above 0, so that its derivative along a step is the
    density of the margins at 0 times the mean speed there. Both are estimated together by a
    kernel, `mean_i K_h(margin_i) speed_i`, of Silverman's width.
    """
    finite = np.isfinite(margin) & np.isfinite(speed)
    x, v = margin[finite].astype(np.float64), speed[finite]
    if len(x) < 2:
        return mean(v[:0])
    low, high = np.quantile(x, [0.25, 0.75])
    width = 0.9 * min(x.std(), (high - low) / 1.34 or x.std()) * len(x) ** -0.2
    if width == 0:
        return mean(v[:0])
    return mean(np.exp(-0.5 * (x / width) ** 2) / (width * np.sqrt(2 * np.pi)) * v)
