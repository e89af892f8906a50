"""An angle that is added to every cosine is known with its scale; other losses have none."""

import jax.numpy as jnp
import pytest
from jax.nn import log_softmax

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.designs.label_angles import turned
from logitscape._src.diagnosis.designs.samples import sample
from logitscape._src.diagnosis.domain import Domain
from logitscape._src.diagnosis.subjects import subject

N = 5
COSINES = Domain(-1.0, 1.0)


def found(loss):
    with enable_x64():
        about = subject(loss, num_classes=N, domain=COSINES)
        samples = sample(about, DiagnosisConfig(about, N, domain=COSINES))
        return turned(samples, samples.labels[0])


@pytest.mark.parametrize("angle", [-0.8, 0.05, 1.0])
@pytest.mark.parametrize("scale", [1.0, 64.0])
def test_wide_and_narrow_angles_are_known(angle: float, scale: float) -> None:
    def loss(z, t):
        angles = jnp.arccos(jnp.clip(z, -1 + 1e-6, 1 - 1e-6))
        return -2 * jnp.sum(t * log_softmax(scale * jnp.cos(angles + angle)))

    assert found(loss) == pytest.approx((angle, scale), rel=1e-5)


@pytest.mark.parametrize("spec", ["softmax + cross_entropy", "softmax + brier"])
def test_other_losses_are_not_turned(spec: str) -> None:
    assert found(spec) is None
