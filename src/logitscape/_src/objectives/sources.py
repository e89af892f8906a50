"""What is swept, diagnosed or trained: one objective or several, in whatever form they come."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .objective import Objective, objective

Source: TypeAlias = str | Objective | Callable[..., Any]
Sources: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]


def named_objectives(sources: Sources) -> dict[str, Objective]:
    """Whatever a sweep takes, as objectives by name."""
    if isinstance(sources, Mapping):
        if not sources or not all(isinstance(name, str) for name in sources):
            raise ValueError(
                f"`objectives` must be at least one, named by text, got the names {list(sources)}."
            )
        return {name: objective(source, name=name) for name, source in sources.items()}
    several = sources if isinstance(sources, list | tuple) else [sources]
    made = [objective(source) for source in several]  # type: ignore[arg-type]
    names = [each.name for each in made]
    if not made or len(set(names)) < len(names):
        raise ValueError(
            f"`objectives` must be at least one, of different names (a dict gives them), got {names}."
        )
    return dict(zip(names, made, strict=True))
