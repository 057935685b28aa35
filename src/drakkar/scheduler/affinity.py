"""Node selectors, node affinity, and required affinity between pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]

NODE_MISMATCH = "node(s) didn't match Pod's node affinity/selector"


def _expression_matches(expression: Object, labels: Mapping[str, str]) -> bool:
    key, operator, values = (
        expression.get("key", ""),
        expression.get("operator"),
        expression.get("values") or [],
    )
    have = labels.get(key)
    if operator == "In":
        return have is not None and have in values
    if operator == "NotIn":
        return have is None or have not in values
    if operator == "Exists":
        return have is not None
    if operator == "DoesNotExist":
        return have is None
    if operator in ("Gt", "Lt") and have is not None and len(values) == 1:
        try:
            return int(have) > int(values[0]) if operator == "Gt" else int(have) < int(values[0])
        except ValueError:
            return False
    return False


def term_matches(term: Object, node: Object) -> bool:
    """Whether one node selector term holds for a node; an empty term holds for none."""
    expressions, fields = term.get("matchExpressions") or [], term.get("matchFields") or []
    if not expressions and not fields:
        return False
    meta = node.get("metadata") or {}
    labels, name = meta.get("labels") or {}, {"metadata.name": meta.get("name", "")}
    return all(_expression_matches(e, labels) for e in expressions) and all(
        _expression_matches(f, name) for f in fields
    )


def node_reasons(pod: Object, node: Object) -> list[str]:
    """Why the pod's node selector or required node affinity excludes the node; empty if neither does."""
    spec = pod.get("spec") or {}
    labels = (node.get("metadata") or {}).get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return [NODE_MISMATCH]
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is not None and not any(
        term_matches(t, node) for t in required.get("nodeSelectorTerms") or []
    ):
        return [NODE_MISMATCH]
    return []


def preferred_weight(pod: Object, node: Object) -> int:
    """The summed weight of the preferred node affinity terms that the node satisfies."""
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    return sum(int(p.get("weight", 0)) for p in preferred if term_matches(p.get("preference") or {}, node))


def _selector_matches(selector: Object | None, labels: Mapping[str, str]) -> bool:
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression_matches(e, labels) for e in selector.get("matchExpressions") or [])


def _term_selects(
    term: Object, owner: Object, other: Object, namespaces: Mapping[str, Mapping[str, str]]
) -> bool:
    """Whether an affinity term that belongs to `owner` selects the pod `other`."""
    owner_meta, meta = owner.get("metadata") or {}, other.get("metadata") or {}
    namespace = meta.get("namespace", "default")
    named, by_label = term.get("namespaces") or [], term.get("namespaceSelector")
    if not named and by_label is None:
        named = [owner_meta.get("namespace", "default")]
    if namespace not in named and not (
        by_label is not None and _selector_matches(by_label, namespaces.get(namespace, {}))
    ):
        return False
    return _selector_matches(term.get("labelSelector"), meta.get("labels") or {})


def _terms(pod: Object, kind: str) -> list[Any]:
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get(kind) or {}
    return list(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or [])


def pod_reads(pod: Object) -> None:
    """Look at every rule that the pod has about other pods; raises whatever keeps one from being read."""
    for kind in ("podAffinity", "podAntiAffinity"):
        for term in _terms(pod, kind):
            if not isinstance(term.get("topologyKey", ""), str):
                raise TypeError(f"{kind}: topologyKey is no text")
            _term_selects(term, pod, pod, {})
            _selector_matches(term.get("labelSelector"), {})
            _selector_matches(term.get("namespaceSelector"), {})


def concerns_pods(pod: Object, placed: Iterable[Object]) -> bool:
    """Whether a rule between pods has a say in where the pod goes: one of its own, or that of a pod that was placed."""
    return bool(
        _terms(pod, "podAffinity")
        or _terms(pod, "podAntiAffinity")
        or any(_terms(other, "podAntiAffinity") for other in placed)
    )


def pod_reasons(
    pod: Object,
    node: Object,
    placed: Iterable[tuple[Object, Object]],
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
) -> list[str]:
    """Why required (anti-)affinity excludes the node, given all (placed pod, its node) pairs."""
    known, pairs = namespaces or {}, list(placed)
    labels = (node.get("metadata") or {}).get("labels") or {}

    def shares_domain(other_node: Object, key: str) -> bool:
        there = ((other_node.get("metadata") or {}).get("labels") or {}).get(key)
        return there is not None and there == labels.get(key)

    wanted = _terms(pod, "podAffinity")
    if wanted:
        satisfied = all(
            any(
                shares_domain(other_node, t.get("topologyKey", "")) and _term_selects(t, pod, other, known)
                for other, other_node in pairs
            )
            for t in wanted
        )
        if not satisfied:
            # The first pod of a group that wants its own kind nearby may start anywhere with the topology label.
            alone = not any(_term_selects(t, pod, other, known) for t in wanted for other, _ in pairs)
            selects_itself = all(_term_selects(t, pod, pod, known) for t in wanted)
            labelled = all(t.get("topologyKey") in labels for t in wanted)
            if not (alone and selects_itself and labelled):
                return ["node(s) didn't match pod affinity rules"]
    for term in _terms(pod, "podAntiAffinity"):
        key = term.get("topologyKey", "")
        if any(
            shares_domain(other_node, key) and _term_selects(term, pod, other, known)
            for other, other_node in pairs
        ):
            return ["node(s) didn't match pod anti-affinity rules"]
    for other, other_node in pairs:
        for term in _terms(other, "podAntiAffinity"):
            if shares_domain(other_node, term.get("topologyKey", "")) and _term_selects(
                term, other, pod, known
            ):
                return ["node(s) didn't satisfy existing pods anti-affinity rules"]
    return []
