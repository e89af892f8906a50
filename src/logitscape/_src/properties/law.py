"""What is said of a function far out on a ray: its law with constants, a record that prints as a formula."""

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "constant",
    "logarithmic growth",
    "logarithmic decay",
    "polynomial growth",
    "polynomial decay",
    "stretched exponential growth",
    "stretched exponential decay",
    "exponential growth",
    "exponential decay",
    "super-exponential growth",
    "super-exponential decay",
    "oscillating",
    "undetermined",
    "zero",
    "undefined",
]


@dataclass(frozen=True)
class Law:
    """`f(s) ~ coefficient * s^power * (log s)^log_power * exp(± rate * s^order)`; the kind tells the sign.

    Attributes:
        kind: the name of the behaviour. Stretched exponentials have order < 1, super-exponentials order > 1.
            "oscillating" keeps turning, or is noise; "undetermined" fits nothing here, or is hardly ever of a
            size to trust.
        range: the first and last s that the constants were fitted on, or that f is "zero" or "undefined" on.
        coefficient: with the sign of f far out; 0 where there is no formula.
        power: the exponent of s; negative where it decays.
        log_power: the exponent of log s, told only for the kinds "logarithmic" and "polynomial".
        rate: never negative; 0 if super-exponential but none of the formulas.
        order: infinite for `exp(± rate * e^{inner_rate * s})`.
        inner_rate: 0 unless the order is infinite.
        coefficient_error: standard error, or what a further term of the expansion changes if that is more.
        power_error: the same of the power.
        rate_error: the same of the rate.
        residual: root mean square of what the fit leaves of log|f|, that is, relative to f.
        begins: the first s where f is "zero" or "undefined", -inf if it is so everywhere; else None.
    """

    kind: Kind
    range: tuple[float, float]
    coefficient: float = 0.0
    power: float = 0.0
    log_power: int = 0
    rate: float = 0.0
    order: float = 1.0
    inner_rate: float = 0.0
    coefficient_error: float = 0.0
    power_error: float = 0.0
    rate_error: float = 0.0
    residual: float = 0.0
    begins: float | None = None

    def __str__(self) -> str:
        """The law in plain text, as in `2.00 s^-1.00` or `0 from s = 1.00`."""
        if self.begins is not None:
            word = "0" if self.kind == "zero" else "undefined"
            return (
                word
                if self.begins == -math.inf
                else f"{word} from s = {_plain(self.begins)}"
            )
        if self.kind in ("oscillating", "undetermined"):
            return self.kind
        return " ".join(_text_factors(self))

    @property
    def math(self) -> str:
        r"""The law as mathtext for a cell of a table, as in `$2\,s^{-1}$`; numbers to three digits."""
        if self.begins is not None:
            word = "0" if self.kind == "zero" else r"\mathrm{undefined}"
            since = (
                "" if self.begins == -math.inf else rf",\ s \geq {_nice(self.begins)}"
            )
            return f"${word}{since}$"
        if self.kind in ("oscillating", "undetermined"):
            return rf"$\mathrm{{{self.kind}}}$"
        return f"${_math_product(self)}$"


def _text_factors(law: Law) -> list[str]:
    """The factors of the formula; of a super-exponential only the leading one is told."""
    exponential = _text_exponential(law)
    if law.kind.startswith("super"):
        return [("-" if law.coefficient < 0 < law.rate else "") + exponential]
    power = (
        "" if abs(law.power) < 0.005 else f"s^{_plain(law.power)}".removesuffix("^1.00")
    )
    logarithm = (
        f"(log s)^{law.log_power}"
        if law.log_power not in (0, 1)
        else "log s" * law.log_power
    )
    return [
        factor
        for factor in (_plain(law.coefficient), power, logarithm, exponential)
        if factor
    ]


def _text_exponential(law: Law) -> str:
    if law.rate == 0:
        return f"faster than e^({_sign(law)}s)" if math.isinf(law.order) else ""
    if math.isinf(law.order):
        return f"e^({_sign(law)}{_plain(law.rate)} e^({_plain(law.inner_rate)} s))"
    order = "" if law.order == 1 else f"^{_plain(law.order)}"
    return f"e^({_sign(law)}{_plain(law.rate)} s{order})"


def _math_product(law: Law) -> str:
    exponential = _math_exponential(law)
    if law.kind.startswith("super"):
        return ("-" if law.coefficient < 0 < law.rate else "") + exponential
    power = (
        ""
        if abs(law.power) < 0.005
        else f"s^{{{_nice(law.power)}}}".removesuffix("^{1}")
    )
    logarithm = (
        rf"\log^{{{law.log_power}}} s".replace("^{1}", "") if law.log_power else ""
    )
    factors = [factor for factor in (power, logarithm, exponential) if factor]
    coefficient = _nice(law.coefficient)
    if factors and coefficient in ("1", "-1"):
        return coefficient.removesuffix("1") + r"\,".join(factors)
    return r"\,".join([coefficient, *factors])


def _math_exponential(law: Law) -> str:
    if law.rate == 0:
        return (
            rf"\mathrm{{faster\ than}}\ e^{{{_sign(law)}s}}"
            if math.isinf(law.order)
            else ""
        )
    rate = "" if _nice(law.rate) == "1" else _nice(law.rate) + r"\,"
    if math.isinf(law.order):
        inner = "" if _nice(law.inner_rate) == "1" else _nice(law.inner_rate)
        return f"e^{{{_sign(law)}{rate}e^{{{inner}s}}}}"
    order = "" if law.order == 1 else f"^{{{_nice(law.order)}}}"
    return f"e^{{{_sign(law)}{rate}s{order}}}"


def _sign(law: Law) -> str:
    return "-" if law.kind.endswith("decay") else ""


def _plain(x: float) -> str:
    """Three significant digits, trailing zeros kept."""
    return f"{x:#.3g}".rstrip(".")


def _nice(x: float) -> str:
    """Three significant digits, no trailing zeros, powers of ten as such."""
    mantissa, _, exponent = f"{x:.3g}".partition("e")
    if not exponent:
        return mantissa
    factor = {"1": "", "-1": "-"}.get(mantissa, mantissa + r"\cdot ")
    return f"{factor}10^{{{int(exponent)}}}"
