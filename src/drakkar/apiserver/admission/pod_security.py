"""Holds pods to the pod security standard that their namespace's labels ask for, and the labels to what there is."""

from __future__ import annotations

import time
from typing import Final

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store
from drakkar.pod_security import existing
from drakkar.pod_security.changes import matters
from drakkar.pod_security.policy import NOTHING, Policy, Standard, policy_of
from drakkar.pod_security.standards import violations
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.templates import makes_pods, template_of
from drakkar.pod_security.violation import details
from drakkar.validation.field_error import FieldError, shown

_PODS, _NAMESPACES = "/pods", "/namespaces"
# Nothing that is written there says how a pod runs; whatever else is written below a pod is looked at.
_HARMLESS: Final = frozenset({"binding", "status"})
# How long the pods of a namespace are looked at for a change of its labels.
_LONGEST_S = 1.0


async def examine(kind: Kind, new: Object, old: Object | None, subresource: str, store: Store) -> list[str]:
    """What is to be warned of; raises StatusError, 403 for a pod and 422 for a namespace. `old` is None for a new object."""
    if kind.resource == _PODS:
        return [] if subresource in _HARMLESS else _pod(new, old, _policy(new, store))
    if subresource:
        return []
    if kind.resource == _NAMESPACES:
        return await _namespace(new, old, store)
    if makes_pods(kind.group, kind.plural):
        warn = _policy(new, store).warn
        # What becomes of the template is refused when it is a pod.
        return [] if warn.forbids_nothing else _told(warn, template_of(kind.group, kind.plural, new))
    return []


def _policy(obj: Object, store: Store) -> Policy:
    home = store.get((_NAMESPACES, "", obj["metadata"].get("namespace", "")))
    return _policy_of(home)[0] if home is not None else NOTHING


def _policy_of(namespace: Object) -> tuple[Policy, list[FieldError]]:
    policy, problems = policy_of(mapping(namespace["metadata"].get("labels")))
    return policy, [
        FieldError.invalid(f"metadata.labels[{one.label}]", shown(one.value), one.rule) for one in problems
    ]


def _pod(new: Object, old: Object | None, policy: Policy) -> list[str]:
    if policy.forbids_nothing or (old is not None and not matters(new, old)):
        return []
    found = violations(policy.enforce, Subject(new["metadata"], new.get("spec")))
    if found:
        why = f'violates PodSecurity "{policy.enforce}": {details(found)}'
        raise errors.forbidden("", "pods", new["metadata"].get("name", ""), why)
    return [] if policy.warn == policy.enforce else _told(policy.warn, new)


def _told(standard: Standard, pod: Object) -> list[str]:
    """What a standard has against a pod, or against a template of pods."""
    found = violations(standard, Subject(pod.get("metadata"), pod.get("spec")))
    return [f'would violate PodSecurity "{standard}": {details(found)}'] if found else []


async def _namespace(new: Object, old: Object | None, store: Store) -> list[str]:
    """A new namespace has good labels; one that is changed has no others that are bad than it had."""
    policy, problems = _policy_of(new)
    before, known = (policy, []) if old is None else _policy_of(old)
    name = new["metadata"].get("name", "")
    if problems and problems != known:
        raise errors.invalid("", "Namespace", name, problems)
    if not existing.asks_more(policy, before):
        return []

    def looked() -> list[str]:
        end = time.monotonic() + _LONGEST_S
        pods = store.list(_PODS, name)
        return existing.warnings(name, policy.enforce, pods, lambda: time.monotonic() > end)

    _, size = store.extent(_PODS)
    return await beside.call(size, looked)
