"""Several objectives by name, from all that sweeps and studies take."""

from collections.abc import Mapping

from .objective import Objective, Source, Sources, objective


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
    several = sources if isinstance(sources, list | tuple) else [sources]
    objectives = [objective(source) for source in several]  # type: ignore[arg-type]
    names = [objective.name for objective in objectives]
    if not objectives or len(set(names)) < len(names):
        raise ValueError(
            "`objectives` must be at least one, of different names "
            f"(a dict gives them), got {names}."
        )
    return dict(zip(names, objectives, strict=True))


def _from_mapping(sources: Mapping[str, Source]) -> dict[str, Objective]:
    if not sources or not all(isinstance(name, str) for name in sources):
        raise ValueError(
            "`objectives` must be at least one, named by text, "
            f"got the names {list(sources)}."
        )
    return {name: objective(source, name=name) for name, source in sources.items()}
