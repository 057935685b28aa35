"""What the containers of a pod take together, which is more than they ask for while they are being made smaller (KEP-1287)."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.api.pod_totals import Amounts, container_totals, resources_of

_STATUSES = ("initContainerStatuses", "containerStatuses")


def sizes(pod: Object) -> dict[str, tuple[Any, Any]]:
    """By container, what its node says that it has been given, and what it really has."""
    status = mapping(pod.get("status"))
    return {
        text(one.get("name")): (one.get("allocatedResources"), one.get("resources"))
        for field in _STATUSES
        for one in objects(status.get(field))
        if one.get("allocatedResources") is not None or one.get("resources") is not None
    }


def container_totals_of(pod: Object, part: str) -> Amounts:
    """The `requests` or `limits`: the most of what is asked for, has been given, and is in force."""
    spec, known = pod.get("spec"), sizes(pod)
    asked = container_totals(spec, part)
    if not known:
        return asked
    refused = _is_refused(pod)

    def given(container: Object) -> Any:
        allocated = known.get(text(container.get("name")), (None, None))[0]
        own = None if refused else resources_of(container).get(part)
        return own if allocated is None or part == "limits" else allocated

    def in_force(container: Object) -> Any:
        actual = mapping(known.get(text(container.get("name")), (None, None))[1]).get(part)
        return given(container) if actual is None else actual

    total = {} if refused else asked
    for of in (given, in_force):
        if of is given and part == "limits":
            continue
        for name, amount in container_totals(spec, part, of).items():
            total[name] = max(amount, total.get(name, amount))
    return total


def _is_refused(pod: Object) -> bool:
    """Whether its node cannot give it what is asked for."""
    conditions = objects(mapping(pod.get("status")).get("conditions"))
    pending = next((one for one in conditions if one.get("type") == "PodResizePending"), {})
    return pending.get("reason") == "Infeasible"
