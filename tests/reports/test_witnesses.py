"""Witnesses are run as they are printed, and show what they say."""

import subprocess
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer, Witness
from logitscape._src.diagnosis.deadline import Deadline
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.reports.checked_witnesses import all_witnesses, witness_of
from logitscape._src.reports.witness_code import code, preamble

MODULE = """
import jax, jax.numpy as jnp
from neighbour import SCALE


def squares(z):
    return z**2 / jnp.sum(z**2)


def batched(logits, labels):
    shifted = SCALE * logits
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.take_along_axis(log_p, labels[:, None], axis=-1)[:, 0]
"""

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import logitscape as ls
from my_losses import batched, squares
diagnosis = ls.diagnose(batched, normalizer=squares, num_classes=3, budget=200)
print("\\n".join(diagnosis.witnesses()))
"""


def surprisal(z, t):
    return -jnp.sum(t * jax.nn.log_softmax(z))


def coupled(logits, labels):
    """Each row is shifted by the mean of all."""
    log_p = jax.nn.log_softmax(logits * (1 + jnp.mean(logits) ** 2))
    return -jnp.take_along_axis(log_p, labels[:, None], axis=-1)[:, 0]


def checked(witness: Witness, source, verdict="dies") -> Witness | None:
    question = "gradient when wrong"
    answer = Answer(question, verdict, "fault", "", "", witness=witness)
    with enable_x64():
        about = subject(source, num_classes=len(witness.logits))
        return witness_of(answer, about)


Z, T = (1.0, 0.0, -1.0), (1.0, 0.0, 0.0)


@pytest.mark.parametrize("expression", ["loss", "gradient", "hessian"])
def test_what_runs_and_agrees_stays(expression) -> None:
    witness = Witness(Z, T, "something", expression)
    assert checked(witness, surprisal) == witness


def test_no_witness_is_run_when_the_time_is_over() -> None:
    witness = Witness((2.0, 0.0, -1.0), T, "something", "gradient")
    with Deadline(0.0).holds():
        assert checked(witness, surprisal) is None
    assert checked(witness, surprisal) == witness


def test_two_values_that_agree_show_nothing() -> None:
    for expression in ("jit", "jvp"):
        assert checked(Witness(Z, T, "they differ", expression), surprisal) is None
    same = Witness(Z, T, "losses 1 and 2", "losses", others=(Z,))
    assert checked(same, surprisal) is None
    other = replace(same, others=((0.0, 0.0, 0.0),))
    assert checked(other, surprisal) == other


def test_what_shows_under_jit_only_is_shown_under_jit() -> None:
    def traced_only(z, t):
        return surprisal(z, t) * (2.0 if isinstance(z, jax.core.Tracer) else 1.0)

    witness = Witness(Z, T, "a loss that is twice as large", "loss")
    kept = checked(witness, traced_only)
    assert kept == replace(witness, compiled=True)
    with enable_x64():
        about = subject(traced_only, num_classes=3)
    assert "jax.jit(loss)(z, t)" in code(kept, about)


def test_constants_of_float64_are_narrow_where_the_training_is() -> None:
    table = np.array([1e-9, 0.0, 0.0])

    def promotes(z, t):
        return jnp.sum((1.0 + jnp.asarray(table)) * t) - 1.0 + 0 * jnp.sum(z)

    witness = Witness(Z, T, "loss 0", "loss", dtype="float32")
    assert checked(witness, promotes) == replace(witness, narrow=True)


def test_a_batch_shows_what_the_others_do() -> None:
    witness = Witness(
        Z, T, "loss 1 alone", "batch", others=((5.0, 5.0, 0.0),), other_labels=(2,)
    )
    assert checked(witness, coupled) == witness
    assert (
        checked(replace(witness, others=(Z,)), lambda z, y: coupled(z, y) * 0) is None
    )


def test_lines_are_not_wider_than_a_shell() -> None:
    random = np.random.default_rng(0)
    witness = Witness(tuple(random.normal(size=40)), tuple(np.eye(40)[3]), "x")
    with enable_x64():
        about = subject(surprisal, num_classes=40)
    lines = code(witness, about)
    assert max(map(len, lines)) <= 78
    assert not lines[0].startswith(" ")
    namespace = {"jnp": jnp, "jax": jax, "loss": surprisal}
    exec("\n".join(lines), namespace)
    assert namespace["z"].shape == (40,)


def test_witnesses_of_a_file_run_in_a_plain_shell_of_another_folder(tmp_path) -> None:
    folder = tmp_path / "code of mine"
    folder.mkdir()
    (folder / "my_losses.py").write_text(MODULE)
    (folder / "neighbour.py").write_text("SCALE = 2.0\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code_of_witnesses = _output(SCRIPT.format(folder=str(folder)), tmp_path)
    assert "from my_losses import batched" in code_of_witnesses
    assert "from my_losses import squares" in code_of_witnesses
    assert code_of_witnesses.count("\n# ") > 4
    _output(code_of_witnesses, elsewhere)


def _output(code: str, folder) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_every_printed_witness_of_a_faulty_loss_runs() -> None:
    def clipped(z, t):
        return -jnp.log(jnp.clip(jax.nn.softmax(z) @ t, 1e-3, 1))

    diagnosis = ls.diagnose(clipped, num_classes=3, normalizer="softmax")
    namespace = {"clipped": clipped}
    exec("\n".join(all_witnesses(diagnosis)), namespace)
    faults = [answer for answer in diagnosis.answers if answer.severity == "fault"]
    assert faults
    assert all(witness_of(answer, diagnosis.subject) for answer in faults)


def test_a_function_named_like_the_code_around_it_is_called_otherwise() -> None:
    def loss(z, y):
        return -jnp.log(jax.nn.softmax(z)[y] + 1e-3)

    with enable_x64():
        about = subject(loss, num_classes=3)
    namespace = {"your_function": loss}
    exec("\n".join(preamble(about)), namespace)
    assert float(namespace["loss"](jnp.zeros(3), jnp.eye(3)[1])) > 1
