"""Holds pods to the pod security standard that their namespace's labels ask for, and the labels to what there is."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping
from drakkar.apiserver import beside, errors
from drakkar.apiserver.audit_annotations import UNREAD, AuditAnnotations
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store
from drakkar.pod_security import existing
from drakkar.pod_security.changes import matters
from drakkar.pod_security.exempt import NOBODY, Exemptions, ignored
from drakkar.pod_security.policy import NOTHING, PREFIX, Policy, Standard, policy_of
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


class Writer(NamedTuple):
    """Who writes, and where to note what the audit log is to have of it."""

    name: str = ""
    annotations: AuditAnnotations = UNREAD

    def note(self, key: str, value: str) -> None:
        """Have the audit log tell something of pod security."""
        self.annotations.note(f"{PREFIX}{key}", value)


class _Asked(NamedTuple):
    """What a namespace asks of pods, and what is wrong with its labels."""

    policy: Policy
    problems: list[FieldError]


class PodSecurity:
    """As a server is configured: what holds for namespaces without labels, and who and what is exempt."""

    def __init__(self, defaults: Policy = NOTHING, exemptions: Exemptions = NOBODY) -> None:
        self._defaults = defaults
        self._exempt = exemptions

    async def examine(
        self, kind: Kind, new: Object, old: Object | None, subresource: str, store: Store, writer: Writer
    ) -> list[str]:
        """What is to be warned of; raises StatusError, 403 for a pod and 422 for a namespace. `old` is None for a new object."""
        if kind.resource == _PODS:
            if subresource in _HARMLESS or self._is_exempt(new, writer):
                return []
            return self._pod(new, old, self._of_home(new, store), writer)
        if subresource:
            return []
        if kind.resource == _NAMESPACES:
            return await self._namespace(new, old, store)
        if makes_pods(kind.group, kind.plural) and not self._is_exempt(new, writer):
            return self._template(kind, new, self._of_home(new, store), writer)
        return []

    def _is_exempt(self, obj: Object, writer: Writer) -> bool:
        if obj["metadata"].get("namespace") in self._exempt.namespaces:
            writer.note("exempt", "namespace")
            return True
        if writer.name in self._exempt.usernames:
            writer.note("exempt", "user")
            return True
        return False

    def _of_home(self, obj: Object, store: Store) -> _Asked:
        home = store.get((_NAMESPACES, "", obj["metadata"].get("namespace", "")))
        return self._asked(home) if home is not None else _Asked(NOTHING, [])

    def _asked(self, namespace: Object) -> _Asked:
        policy, problems = policy_of(mapping(namespace["metadata"].get("labels")), self._defaults)
        found = [
            FieldError.invalid(f"metadata.labels[{one.label}]", shown(one.value), one.rule)
            for one in problems
        ]
        return _Asked(policy, found)

    def _pod(self, new: Object, old: Object | None, asked: _Asked, writer: Writer) -> list[str]:
        if asked.policy.forbids_nothing and not asked.problems:
            writer.note("enforce-policy", str(Standard()))
            return []
        if (old is not None and not matters(new, old)) or self._runs_exempt(new, writer):
            return []
        _note_problems(asked, writer)
        enforced = asked.policy.enforce
        writer.note("enforce-policy", str(enforced))
        found = _against(enforced, new)
        _note_audited(asked.policy.audit, new, writer)
        if found:
            why = f'violates PodSecurity "{enforced}": {found}'
            raise errors.forbidden("", "pods", new["metadata"].get("name", ""), why)
        return [] if asked.policy.warn == enforced else _told(asked.policy.warn, new)

    def _template(self, kind: Kind, new: Object, asked: _Asked, writer: Writer) -> list[str]:
        """What becomes of a template is refused when it is a pod."""
        policy = asked.policy
        if policy.warn.forbids_nothing and policy.audit.forbids_nothing and not asked.problems:
            return []
        template = template_of(kind.group, kind.plural, new)
        if not template or self._runs_exempt(template, writer):
            return []
        _note_problems(asked, writer)
        _note_audited(policy.audit, template, writer)
        return _told(policy.warn, template)

    def _runs_exempt(self, pod: Object, writer: Writer) -> bool:
        if mapping(pod.get("spec")).get("runtimeClassName") not in self._exempt.runtime_classes:
            return False
        writer.note("exempt", "runtimeClass")
        return True

    async def _namespace(self, new: Object, old: Object | None, store: Store) -> list[str]:
        """A new namespace has good labels; one that is changed has no others that are bad than it had."""
        policy, problems = self._asked(new)
        before, known = (policy, []) if old is None else self._asked(old)
        name = new["metadata"].get("name", "")
        if problems and problems != known:
            raise errors.invalid("", "Namespace", name, problems)
        asks_more = existing.asks_more(policy, before)
        if name in self._exempt.namespaces and (old is None or asks_more):
            said = ignored(name, policy, mapping(new["metadata"].get("labels")), self._defaults)
            return [said] if said else []
        if not asks_more:
            return []

        def looked() -> list[str]:
            end = time.monotonic() + _LONGEST_S
            pods = [pod for pod in store.list(_PODS, name) if not self._runs_exempt(pod, Writer())]
            return existing.warnings(name, policy.enforce, pods, lambda: time.monotonic() > end)

        _, size = store.extent(_PODS)
        return await beside.call(size, looked)


def _against(standard: Standard, pod: Object) -> str:
    """What a standard has against a pod, or against a template of pods."""
    if standard.forbids_nothing:
        return ""
    found = violations(standard, Subject(pod.get("metadata"), pod.get("spec")))
    return details(found) if found else ""


def _told(standard: Standard, pod: Object) -> list[str]:
    found = _against(standard, pod)
    return [f'would violate PodSecurity "{standard}": {found}'] if found else []


def _note_audited(standard: Standard, pod: Object, writer: Writer) -> None:
    # Nobody looks for what nobody reads.
    if writer.annotations.are_read:
        for said in _told(standard, pod):
            writer.note("audit-violations", said)


def _note_problems(asked: _Asked, writer: Writer) -> None:
    told = [f"{one.field}: {one.message}" for one in asked.problems]
    if told:
        listed = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
        writer.note("error", f"Failed to parse policy: {listed}")
