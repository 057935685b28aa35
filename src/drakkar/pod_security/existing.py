"""What is told of the pods of a namespace from which more is to be asked than before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.pod_security.policy import Policy, Standard, is_stricter
from drakkar.pod_security.standards import violations
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.violation import reasons

# So many pods are looked at.
MOST_PODS = 3000


def asks_more(new: Policy, old: Policy) -> bool:
    """Whether pods that were allowed may be so no more: the level is a stricter one, or any in another version."""
    if new.enforce.forbids_nothing or new.enforce == old.enforce:
        return False
    other_version = new.enforce.minor != old.enforce.minor
    return other_version or is_stricter(new.enforce.level, old.enforce.level)


def warnings(
    namespace: str, standard: Standard, pods: Sequence[Object], is_late: Callable[[], bool] = lambda: False
) -> list[str]:
    """What of the pods of a namespace violates a standard: for each sort of violation how many do, and the first one's name.

    Those are looked at first that no other pod of their controller stands for. No more than `MOST_PODS` are looked at, and
    none after one at whose end `is_late`; it is told where that were not all.
    """
    found: dict[str, list[str]] = {}
    checked = 0
    for pod in _representatives_first(pods)[:MOST_PODS]:
        checked += 1
        wrong = violations(standard, Subject(pod.get("metadata"), pod.get("spec")))
        if wrong:
            found.setdefault(reasons(wrong), []).append(text(mapping(pod.get("metadata")).get("name")))
        if is_late():
            break
    said = []
    if checked < len(pods):
        seen = f"the first {checked} of {len(pods)} existing pods"
        said.append(f"new PodSecurity enforce level only checked against {seen}")
    if found:
        level = f"violate the new PodSecurity enforce level {quoted(str(standard))}"
        said.append(f"existing pods in namespace {quoted(namespace)} {level}")
    return [*said, *sorted(f"{_names(names)}: {why}" for why, names in found.items())]


def _names(names: Sequence[str]) -> str:
    others = len(names) - 1
    if not others:
        return names[0]
    return f"{min(names)} (and {others} other {'pod' if others == 1 else 'pods'})"


def _representatives_first(pods: Sequence[Object]) -> list[Object]:
    first, others, known = [], [], set()
    for pod in pods:
        owner = _controller(pod)
        if owner is None or owner not in known:
            first.append(pod)
            known.add(owner)
        else:
            others.append(pod)
    return first + others


def _controller(pod: Object) -> str | None:
    """The uid of the controller that made a pod; None where none did."""
    for owner in objects(mapping(pod.get("metadata")).get("ownerReferences")):
        if owner.get("controller") is True:
            return text(owner.get("uid"))
    return None
