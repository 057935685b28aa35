"""Makes a case smaller for as long as what is wrong with it stays wrong, so that one sees the cause at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Object = dict[str, Any]
Path = tuple[str | int, ...]

# Without these an object is none; and other features may bring in an allocator that leaves things to chance.
_KEPT = frozenset(
    {"metadata", "name", "uid", "spec", "driver", "pool", "generation", "resourceSliceCount", "devices"}
    | {"requests", "exactly", "deviceClassName", "allocationMode", "value", "status", "allocation", "request"}
    | {
        "device",
        "results",
        "key",
        "effect",
        "counterSet",
        "operator",
        "parameters",
        "slices",
        "allocated",
        "claims",
    }
    | {"classes", "features", "node", "id", "namespace", "default", "expression", "cel"}
)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """All that may go, the large before the small."""
    pairs: Sequence[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))[::-1]
    for key, _ in pairs:
        if key not in _KEPT:
            yield (*path, key)
    for key, part in pairs:
        if key != "features":
            yield from _paths(part, (*path, key))


def _without(case: Object, path: Path) -> Object:
    smaller = copy.deepcopy(case)
    place: Any = smaller
    for key in path[:-1]:
        place = place[key]
    gone = place.pop(path[-1])
    if path[0] == "slices" and len(path) == 2:
        # A slice less is a slice less for its pool.
        pool = gone["spec"]["pool"]
        for slice_ in smaller["slices"]:
            other = slice_["spec"]["pool"]
            same = slice_["spec"]["driver"] == gone["spec"]["driver"] and other["name"] == pool["name"]
            if same and other["generation"] == pool["generation"]:
                other["resourceSliceCount"] -= 1
    return smaller


def smaller(case: Object, wrong: Callable[[Object], bool]) -> Object:
    """The smallest that taking away one thing after the other leads to."""
    found = True
    while found:
        found = False
        for path in list(_paths(case)):
            try:
                tried = _without(case, path)
            except (KeyError, IndexError, TypeError):
                # It went with something larger in this round.
                continue
            if wrong(tried):
                case, found = tried, True
    return case
