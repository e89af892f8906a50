"""TARGET: a spec, `package.module:function` or `path/to/file.py:function`, as what `ls.diagnose` takes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import UsageError, UserError, blaming, users_lines
from .imports import DOTTED, from_file, from_name, functions_of, member

if TYPE_CHECKING:
    from ..diagnosis.subject import Subject
    from ..objectives.signatures import Form


@dataclass
class Target:
    """What a TARGET stands for.

    Attributes:
        text: as it was given.
        source: a spec, an Objective or a function.
        roots: where the user's code lies; empty for a spec.
        errors: what the function raised when it was called, also where that was caught.
    """

    text: str
    source: Any
    roots: tuple[Path, ...] = ()
    errors: list[Exception] = field(default_factory=list)

    def complaints(self) -> str:
        """The user's own lines of all that the function raised, each once."""
        return "\n".join(
            dict.fromkeys(
                text
                for error in self.errors
                if (text := users_lines(error, self.roots))
            )
        )


def resolve(text: str) -> Target:
    """Find what a TARGET stands for. A file or module of the user's is imported, that is, run.

    Raises:
        UsageError: if there is no such thing, with the nearest that there is.
        UserError: if importing it fails.
    """
    place, colon, name = text.rpartition(":")
    if not colon or not DOTTED.fullmatch(name):
        return _spec(text)
    is_file = place.endswith(".py") or "/" in place or "\\" in place
    with blaming(
        f"importing `{place}`",
        [Path(place).expanduser().resolve().parent] if is_file else [],
    ):
        module = (
            from_file(Path(place).expanduser().resolve())
            if is_file
            else from_name(place)
        )
    found = member(module, name, place)
    roots = (Path(module.__file__).resolve().parent,) if module.__file__ else ()
    target = Target(text, found, roots)
    if not _is_known(found):
        target.source = _remembering(found, target.errors)
    return target


def recognised(
    found: Sequence[Target],
    doing: str,
    *,
    classes: int,
    normalizer: str | None,
    form: "Form | None" = None,
) -> "list[Subject]":
    """What the targets are, in whatever form they are given; the normalizer is for functions of the user's own.

    Those that have the same name are called what they were called as targets.
    """
    from ..base.x64 import enable_x64
    from ..diagnosis.subject import subject

    predicts, subjects = _normalizer(normalizer), list["Subject"]()
    for each in found:
        told = {} if _is_known(each.source) else {"normalizer": predicts, "form": form}
        with calling(doing, [each]), enable_x64():
            subjects.append(subject(each.source, num_classes=classes, **told))
    names = [each.name for each in subjects]
    return [
        replace(one, name=each.text) if names.count(one.name) > 1 else one
        for one, each in zip(subjects, found, strict=True)
    ]


@contextmanager
def calling(doing: str, called: Sequence[Target]) -> Iterator[None]:
    """`blaming`, where the library may have caught what the functions raised when it tried their form."""
    try:
        with blaming(doing, [root for each in called for root in each.roots]):
            yield
    except UsageError as error:
        complaints = "\n".join(text for each in called if (text := each.complaints()))
        if complaints and isinstance(error.__cause__, TypeError):
            raise UserError(f"{error}\nIn your own code:\n{complaints}") from None
        raise


def _normalizer(text: str | None) -> Any:
    """`--normalizer`: a spec, or a function found like a TARGET; None if there is none."""
    if text is None:
        return None
    if ":" in text:
        return resolve(text).source
    import logitscape as ls

    with blaming("reading --normalizer"):
        return ls.normalizer(text)


def _spec(text: str) -> Target:
    import logitscape as ls

    if text.endswith(".py") or "/" in text:
        names = ", ".join(functions_of(Path(text))) if Path(text).is_file() else ""
        raise UsageError(
            f"which function of `{text}`? Write `{text}:function`."
            + (f" It has: {names}." if names else "")
        )
    try:
        return Target(text, ls.objective(text))
    except ValueError as error:
        hint = (
            " A function of your own is `package.module:function` or `path/to/file.py:function`."
            if "." in text
            else ""
        )
        raise UsageError(f"{error}{hint}") from None


def _is_known(found: Any) -> bool:
    """Whether it is a spec or an Objective, and no function of the user's own."""
    from ..objectives.objective import Objective

    return isinstance(found, str | Objective)


def _remembering(
    function: Callable[..., Any], errors: list[Exception]
) -> Callable[..., Any]:
    """The function, which keeps what it raises: trying its form, the library catches some of it."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            errors.append(error)
            raise

    return call
