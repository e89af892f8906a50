"""Several objectives by name, from all that sweeps and studies take."""

from collections.abc import Mapping, Sequence

from .objective import Objective
from .sources import Source, Sources, objective


def named_objectives(sources: Sources) -> dict[str, Objective]:
    """Objectives by name.

    Args:
        sources: One source of an objective, a list or tuple of them, or a mapping from
            names to sources.

    Raises:
        ValueError: If there are none, if two have the same name, or if a name is not text.
    """
    if isinstance(sources, Mapping):
        return _from_mapping(sources)
    if isinstance(sources, list | tuple):
        return _from_sequence(sources)
    return _from_sequence([sources])  # type: ignore[list-item]


def _from_sequence(sources: Sequence[Source]) -> dict[str, Objective]:
    objectives = [objective(source) for source in sources]
    names = [objective.name for objective in objectives]
    has_repeated_name = len(set(names)) < len(names)
    if not names or has_repeated_name:
        raise ValueError(
            "`objectives` must be at least one, of different names "
            f"(a dict gives them), got {names}."
        )
    return dict(zip(names, objectives, strict=True))


def _from_mapping(sources: Mapping[str, Source]) -> dict[str, Objective]:
    names_are_texts = all(isinstance(name, str) for name in sources)
    if not sources or not names_are_texts:
        raise ValueError(
            "`objectives` must be at least one, named by text, "
            f"got the names {list(sources)}."
        )
    return {name: objective(source, name=name) for name, source in sources.items()}
