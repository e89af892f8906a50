"""The law of a function far out on a ray, as a record that prints as a formula."""

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
    """The behavior of a function f(s) as s -> infinity.

    The formula is `f(s) ~ coefficient * s^power * (log s)^log_power * exp(± rate * s^order)`.
    The exponential has a plus sign for kinds that end in "growth", a minus sign for "decay".

    Attributes:
        kind: Name of the behavior. Stretched exponentials have an order less than 1,
            super-exponentials an order greater than 1. An "oscillating" function keeps turning
            or is noise; an "undetermined" one fits no formula here, or hardly ever has a size
            that can be trusted.
        range: First and last s to which the constants were fitted, or on which f is "zero" or
            "undefined".
        coefficient: Factor with the sign of f far out; 0 where there is no formula.
        power: Exponent of s, negative for a decay.
        log_power: Exponent of log s, for "logarithmic" and "polynomial" kinds only; else 0.
        rate: Rate of the exponential, never negative; 0 for a super-exponential that fits none
            of the formulas.
        order: Exponent of s in the exponential; infinite for `exp(± rate * e^{inner_rate * s})`.
        inner_rate: Rate of the inner exponential; 0 unless the order is infinite.
        coefficient_error: Standard error of the coefficient, or its change by a further term of
            the expansion if that is larger.
        power_error: The same for the power.
        rate_error: The same for the rate.
        residual: Root mean square of log|f| minus the fit, which is an error relative to f.
        begins: First s where f is "zero" or "undefined", -inf if it is so everywhere; None for
            other kinds.
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
            name = "0" if self.kind == "zero" else "undefined"
            if self.begins == -math.inf:
                return name
            return f"{name} from s = {_plain(self.begins)}"
        if self.kind in WITHOUT_FORMULA:
            return self.kind
        return " ".join(_text_factors(self))

    @property
    def math(self) -> str:
        r"""The law as mathtext, as in `$2\,s^{-1}$`, with numbers of three significant digits."""
        if self.begins is not None:
            name = "0" if self.kind == "zero" else r"\mathrm{undefined}"
            if self.begins == -math.inf:
                return f"${name}$"
            return rf"${name},\ s \geq {_nice(self.begins)}$"
        if self.kind in WITHOUT_FORMULA:
            return rf"$\mathrm{{{self.kind}}}$"
        return f"${_math_product(self)}$"


WITHOUT_FORMULA = ("oscillating", "undetermined")
SMALLEST_SHOWN_POWER = 0.005
"""Power below which s is left out of a formula, as it would be rounded to s^0.00."""


def _text_factors(law: Law) -> list[str]:
    """The factors of the formula; for a super-exponential only its exponential."""
    exponential = _text_exponential(law)
    if law.kind.startswith("super"):
        return [_leading_sign(law) + exponential]
    factors = [
        _plain(law.coefficient),
        _text_power(law.power),
        _text_logarithm(law.log_power),
        exponential,
    ]
    return [factor for factor in factors if factor]


def _text_power(power: float) -> str:
    if abs(power) < SMALLEST_SHOWN_POWER:
        return ""
    return f"s^{_plain(power)}".removesuffix("^1.00")


def _text_logarithm(log_power: int) -> str:
    if log_power == 0:
        return ""
    if log_power == 1:
        return "log s"
    return f"(log s)^{log_power}"


def _text_exponential(law: Law) -> str:
    sign = _exponent_sign(law)
    if law.rate == 0:
        return f"faster than e^({sign}s)" if math.isinf(law.order) else ""
    rate = _plain(law.rate)
    if math.isinf(law.order):
        return f"e^({sign}{rate} e^({_plain(law.inner_rate)} s))"
    order = "" if law.order == 1 else f"^{_plain(law.order)}"
    return f"e^({sign}{rate} s{order})"


def _math_product(law: Law) -> str:
    exponential = _math_exponential(law)
    if law.kind.startswith("super"):
        return _leading_sign(law) + exponential
    factors = [_math_power(law.power), _math_logarithm(law.log_power), exponential]
    shown = [factor for factor in factors if factor]
    coefficient = _nice(law.coefficient)
    if shown and coefficient in ("1", "-1"):
        sign = coefficient.removesuffix("1")
        return sign + r"\,".join(shown)
    return r"\,".join([coefficient, *shown])


def _math_power(power: float) -> str:
    if abs(power) < SMALLEST_SHOWN_POWER:
        return ""
    return f"s^{{{_nice(power)}}}".removesuffix("^{1}")


def _math_logarithm(log_power: int) -> str:
    if log_power == 0:
        return ""
    return rf"\log^{{{log_power}}} s".replace("^{1}", "")


def _math_exponential(law: Law) -> str:
    sign = _exponent_sign(law)
    if law.rate == 0:
        if math.isinf(law.order):
            return rf"\mathrm{{faster\ than}}\ e^{{{sign}s}}"
        return ""
    rate = "" if _nice(law.rate) == "1" else _nice(law.rate) + r"\,"
    if math.isinf(law.order):
        inner = "" if _nice(law.inner_rate) == "1" else _nice(law.inner_rate)
        return f"e^{{{sign}{rate}e^{{{inner}s}}}}"
    order = "" if law.order == 1 else f"^{{{_nice(law.order)}}}"
    return f"e^{{{sign}{rate}s{order}}}"


def _leading_sign(law: Law) -> str:
    """The sign of a super-exponential, which is shown without its coefficient."""
    return "-" if law.coefficient < 0 < law.rate else ""


def _exponent_sign(law: Law) -> str:
    return "-" if law.kind.endswith("decay") else ""


def _plain(x: float) -> str:
    """Three significant digits, with trailing zeros."""
    # The form `#` keeps zeros, as in "2.00", but also the point of "100.".
    return f"{x:#.3g}".rstrip(".")


def _nice(x: float) -> str:
    """Three significant digits as mathtext, without trailing zeros, with powers of ten."""
    mantissa, _, exponent = f"{x:.3g}".partition("e")
    if not exponent:
        return mantissa
    factor = {"1": "", "-1": "-"}.get(mantissa, mantissa + r"\cdot ")
    return f"{factor}10^{{{int(exponent)}}}"
