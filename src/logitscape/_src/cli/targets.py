"""TARGET: a spec, `package.module:function` or `path/to/file.py:function`."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..base.files import expanded
from .bind import with_arguments
from .errors import UsageError, UserError, blaming, users_lines
from .imports import DOTTED, from_file, from_name, functions_of, member

if TYPE_CHECKING:
    from ..diagnosis.domain import Domain
    from ..diagnosis.subject import Subject
    from ..forms.reading import Form


@dataclass
class Target:
    """A TARGET of the command line, and the loss that it names.

    Attributes:
        text: Text as it was given.
        source: Spec, Objective or function.
        roots: Folders of the user's code; empty for a spec.
        errors: Errors that the function raised when it was called, also those that were caught.
    """

    text: str
    source: Any
    roots: tuple[Path, ...] = ()
    errors: list[Exception] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """Return the user's own lines of every error that the function raised.

        Errors at the same place are one, whatever the types of the arguments were.
        """
        by_place = dict[str, str]()
        for error in self.errors:
            text = users_lines(error, self.roots)
            if text:
                by_place.setdefault(text.rpartition("\n")[0], text)
        return list(by_place.values())


def resolve(text: str, arguments: Mapping[str, Any] | None = None) -> Target:
    """Return the loss that a TARGET names; a file or module of the user is imported, that is, run.

    Args:
        text: TARGET as it was given.
        arguments: Values of further arguments of the function, or of the class that it belongs to.

    Raises:
        UsageError: If there is no such loss; the nearest names are in the message.
        UserError: If the import fails.
    """
    place, colon, name = text.rpartition(":")
    if not colon or not DOTTED.fullmatch(name):
        with_arguments(text, text, arguments or {})
        return _spec(text)
    module = _imported(place)
    source = member(module, name, place, arguments or {})
    file = getattr(module, "__file__", None)
    roots = (Path(file).resolve().parent,) if file else ()
    target = Target(text=text, source=source, roots=roots)
    if not _is_known(source) and not _is_module_of_torch(source):
        target.source = _recording(source, target.errors)
    return target


def of_option(option: str, text: str) -> Target:
    """Resolve a TARGET that an option gives, so that an error names the option."""
    with saying(option):
        return resolve(text)


@contextmanager
def saying(option: str) -> Iterator[None]:
    """Run code that reads an option; a `UsageError` then begins with its name."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error


def _imported(place: str) -> ModuleType:
    is_file = place.endswith(".py") or "/" in place or "\\" in place
    if not is_file:
        with blaming(f"importing `{place}`"):
            return from_name(place)
    # Not resolved: a link may have the suffix that its file lacks.
    path = expanded("TARGET", place).absolute()
    with blaming(f"importing `{place}`", [path.parent]):
        return from_file(path)


def recognised(
    given: Sequence[Target],
    doing: str,
    *,
    classes: int,
    normalizer: str | None,
    form: "Form | None" = None,
    domain: "Domain | None" = None,
) -> "list[Subject]":
    """Return the losses of the targets in the one form that the library measures.

    Losses of the same name are called by the texts of their targets.

    Args:
        given: Targets that have been resolved.
        doing: Words for errors, such as "trying it".
        classes: Number of classes.
        normalizer: Spec or TARGET of the normalizer by which the user's functions predict.
        form: Form of the user's functions; by default found by trying.
        domain: Logits with which they are tried; by default any.
    """
    from ..base.x64 import enable_x64
    from ..diagnosis.domain import ANYWHERE
    from ..diagnosis.subjects import subject

    users_normalizer = _normalizer(normalizer)
    subjects = list["Subject"]()
    for target in given:
        options: dict[str, Any] = {"domain": domain or ANYWHERE}
        if not _is_known(target.source):
            options |= {"normalizer": users_normalizer, "form": form}
        with calling(doing, [target]), enable_x64():
            subjects.append(subject(target.source, num_classes=classes, **options))
    return _told_apart(subjects, [target.text for target in given])


def _told_apart(subjects: "list[Subject]", texts: list[str]) -> "list[Subject]":
    """Rename the subjects that share a name by the texts of their targets."""
    names = [subject.name for subject in subjects]
    return [
        replace(subject, name=text) if names.count(subject.name) > 1 else subject
        for subject, text in zip(subjects, texts, strict=True)
    ]


def roots_of(given: Sequence[Target]) -> list[Path]:
    """Return the folders of the user's code."""
    return [root for target in given for root in target.roots]


@contextmanager
def calling(doing: str, called: Sequence[Target]) -> Iterator[None]:
    """Run code that calls the targets, as in `blaming`.

    The library tries the form of a function and catches what it raises; if none of the forms is
    right, the error that is shown has the function's own errors too.
    """
    try:
        with blaming(doing, roots_of(called)):
            yield
    except UsageError as error:
        complaints = [text for target in called for text in target.complaints()]
        # Where a call works, the errors are those of calls that were tried before.
        if "This works: " in str(error):
            raise
        if complaints and isinstance(error.__cause__, TypeError):
            lines = "\n".join(complaints)
            raise UserError(f"{error}\nIn your own code:\n{lines}") from None
        raise


def _normalizer(text: str | None) -> Any:
    """Return the normalizer of `--normalizer`: a spec, or a function found like a TARGET."""
    if text is None:
        return None
    if ":" in text:
        return of_option("--normalizer", text).source
    import logitscape as ls

    with saying("--normalizer"), blaming("reading --normalizer"):
        return ls.normalizer(text)


def _spec(text: str) -> Target:
    import logitscape as ls

    if text.endswith(".py") or "/" in text:
        raise UsageError(_which_function(text))
    try:
        return Target(text=text, source=ls.objective(text))
    except ValueError as error:
        message = str(error)
        if "." in text:
            forms = "`package.module:function` or `path/to/file.py:function`"
            message += f" A function of your own is {forms}."
        raise UsageError(message) from None


def _which_function(text: str) -> str:
    """Return the message for a file without the name of a function."""
    message = f"which function of `{text}`? Write `{text}:function`."
    path = Path(text)
    names = functions_of(path) if path.is_file() else []
    return f"{message} It has: {', '.join(names)}." if names else message


def _is_known(source: Any) -> bool:
    """Whether it is a spec or an Objective, and no function of the user's own."""
    from ..objectives.objective import Objective

    return isinstance(source, str | Objective)


def _is_module_of_torch(source: Any) -> bool:
    """Whether it is a module of PyTorch, which must stay one."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, torch.nn.Module)


def _recording(
    function: Callable[..., Any], errors: list[Exception]
) -> Callable[..., Any]:
    """Return a function that behaves the same and adds to the list what it raises."""
    from ..base.users_code import name_of

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            errors.append(error)
            raise

    # An instance or a partial has no name that `wraps` could copy.
    call.__name__ = name_of(function)
    return call
