"""Terms and constraints of a pod that go by the values of its own labels (KEP-3633, KEP-3243): written into their selectors when
the pod is made, as a server does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_OPERATORS = {"matchLabelKeys": "In", "mismatchLabelKeys": "NotIn"}


def written_out(pod: Object) -> Object:
    """The pod with such selectors, or the very same one where it has none."""
    labels = pod["metadata"].get("labels") or {}
    spec = pod["spec"]
    changed = {
        "affinity": _affinity(spec.get("affinity"), labels),
        "topologySpreadConstraints": _all(spec.get("topologySpreadConstraints"), labels),
    }
    other = {name: value for name, value in changed.items() if value is not spec.get(name)}
    return {**pod, "spec": {**spec, **other}} if other else pod


def _affinity(affinity: Object | None, labels: Object) -> Object | None:
    found = affinity
    for kind in ("podAffinity", "podAntiAffinity"):
        of_pods = (affinity or {}).get(kind) or {}
        required, preferred = of_pods.get(_REQUIRED), of_pods.get(_PREFERRED)
        terms = _all(required, labels)
        weighted = _all_weighted(preferred, labels)
        if terms is not required or weighted is not preferred:
            told = {
                name: value
                for name, value in ((_REQUIRED, terms), (_PREFERRED, weighted))
                if value is not None
            }
            found = {**(found or {}), kind: {**of_pods, **told}}
    return found


def _all_weighted(weighted: list[Object] | None, labels: Object) -> list[Object] | None:
    terms = [one.get("podAffinityTerm") or {} for one in weighted or ()]
    others = [_one(term, labels) for term in terms]
    if all(other is term for other, term in zip(others, terms, strict=True)):
        return weighted
    return [{**one, "podAffinityTerm": other} for one, other in zip(weighted or (), others, strict=True)]


def _all(terms: list[Object] | None, labels: Object) -> list[Object] | None:
    others = [_one(term, labels) for term in terms or ()]
    unchanged = all(other is term for other, term in zip(others, terms or (), strict=True))
    return terms if unchanged else others


def _one(term: Object, labels: Object) -> Object:
    selector = term.get("labelSelector")
    there = (selector or {}).get("matchExpressions") or ()
    # Written once, however often the pod is looked at before it is stored.
    more = [one for one in _requirements(term, labels) if one not in there]
    if selector is None or not more:
        return term
    return {**term, "labelSelector": {**selector, "matchExpressions": [*there, *more]}}


def _requirements(term: Object, labels: Object) -> Iterator[Object]:
    for field, operator in _OPERATORS.items():
        for key in term.get(field) or ():
            if key in labels:
                yield {"key": key, "operator": operator, "values": [labels[key]]}
