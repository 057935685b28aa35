"""Whether a change of a pod can matter to the standards."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping
from drakkar.api.pod_totals import containers_of

_LATER = "ephemeralContainers"


def matters(new: Object, old: Object) -> bool:
    """Whether a container has come or gone, or has another image: nothing else of a pod that is looked at can change."""
    before, after = mapping(old.get("spec")), mapping(new.get("spec"))
    for field in ("containers", "initContainers"):
        if _images(before, field) != _images(after, field):
            return True
    known = {one.get("name"): one.get("image") for one in reversed([*containers_of(before, _LATER)])}
    added = containers_of(after, _LATER)
    return any(one.get("name") not in known or known[one.get("name")] != one.get("image") for one in added)


def _images(spec: Object, field: str) -> list[object]:
    return [one.get("image") for one in containers_of(spec, field)]
