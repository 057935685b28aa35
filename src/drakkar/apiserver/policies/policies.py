"""All validating policies of a server: put to work by their bindings, asked about each write, silent where none is about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.admission_policies import GROUP, POLICIES_RESOURCE
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies import param_rights
from drakkar.apiserver.policies.bound import Bound, Hook, Misconfigured
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.policy import Annotation, Denial, Policy
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.policies.variables import Versioned
from drakkar.apiserver.storage.store import Store
from drakkar.cel.objects.plain import plain
from drakkar.validation.field_error import shown

_BINDINGS: Final = f"{GROUP}/validatingadmissionpolicybindings"
_CODES: Final = {"Forbidden": 403, "RequestEntityTooLarge": 413}
_INVALID: Final = 422
_FAILURES: Final = "validation.policy.admission.k8s.io/validation_failure"
# So many failures of one request are written to the audit log, and so many bytes of one annotation.
_MOST_FAILURES: Final = 50
_LONGEST_ANNOTATION: Final = 10 * 1024


@dataclass(frozen=True, slots=True)
class _Refusal:
    policy: str
    binding: str
    denial: Denial

    def failure(self, actions: Sequence[str]) -> Object:
        """What the audit log has of it, with all that its binding has done."""
        return {
            "message": self.denial.message,
            "policy": self.policy,
            "binding": self.binding,
            "expressionIndex": self.denial.at,
            "validationActions": list(actions),
        }

    @property
    def message(self) -> str:
        by = f" with binding '{self.binding}'" if self.binding else ""
        return f"ValidatingAdmissionPolicy '{self.policy}'{by} denied request: {self.denial.message}"


class Policies:
    """The validating policies that are stored, as they are now."""

    def __init__(self, store: Store, kinds: Registry) -> None:
        self._store = store
        self._kinds = kinds
        self._bound = Bound(store, kinds, POLICIES_RESOURCE, _BINDINGS, lambda source: Policy(source))

    async def check(self, request: AdmissionRequest) -> None:
        """StatusError where a policy refuses the request, TooHeavyError where that cannot be found out on the event loop."""
        if request.kind.group == GROUP:
            # A policy that is about policies could never be taken away again.
            param_rights.check(request, self._store, self._kinds)
            return
        hooks = self._bound.about(request)
        if hooks:
            await self._ask(request, hooks)

    async def _ask(self, request: AdmissionRequest, hooks: tuple[Hook, ...]) -> None:
        versions: dict[str, Versioned] = {}
        room = Room(beside.is_aside())
        refusals: list[_Refusal] = []
        warnings: list[str] = []
        failures: list[Object] = []
        for hook in hooks:
            annotations: dict[str, list[str]] = {}
            async for one in self._bound.invoked(hook, request, room):
                if isinstance(one, Misconfigured):
                    refusals += _misconfigured(one)
                    continue
                kind, name = one.kind, one.binding.name
                about = versions.setdefault(kind.api_version + kind.plural, Versioned(request, kind))
                actions = one.binding.spec.get("validationActions") or ()
                for said in one.policy.says(about, plain(one.param), one.namespace, room):
                    if isinstance(said, Annotation):
                        annotations.setdefault(said.key, []).append(said.value)
                        continue
                    refusal = _Refusal(hook.name, name, said)
                    _told(refusal, actions, refusals, warnings, failures)
            _annotate(request, hook.name, annotations)
        request.warnings.extend(warnings)
        if failures:
            request.requester.annotations.note_admission(_FAILURES, shown(failures[:_MOST_FAILURES]))
        if refusals:
            raise _refused(request, refusals[0])


def _told(
    refusal: _Refusal,
    actions: Sequence[str],
    refusals: list[_Refusal],
    warnings: list[str],
    failures: list[Object],
) -> None:
    if refusal.denial.always:
        refusals.append(refusal)
        return
    for action in actions:
        if action == "Deny":
            refusals.append(refusal)
        elif action == "Audit":
            failures.append(refusal.failure(actions))
        elif action == "Warn":
            by = f"ValidatingAdmissionPolicy '{refusal.policy}' with binding '{refusal.binding}'"
            warnings.append(f"Validation failed for {by}: {refusal.denial.message}")


def _annotate(request: AdmissionRequest, policy: str, annotations: dict[str, list[str]]) -> None:
    """Have the audit log tell what a policy's annotations are; several values of one key come of several parameters."""
    for key, values in annotations.items():
        told = ", ".join(dict.fromkeys(_cut(value) for value in values))
        request.requester.annotations.note_admission(f"{policy}/{key}", told)


def _cut(text: str) -> str:
    return text.encode(errors="replace")[:_LONGEST_ANNOTATION].decode(errors="ignore")


def _misconfigured(one: Misconfigured) -> list[_Refusal]:
    """A policy or binding that does not work refuses, unless the policy is to be ignored then."""
    if one.hook.ignores:
        return []
    by = one.binding.name if one.binding else ""
    return [_Refusal(one.hook.name, by, Denial(one.message, always=True))]


def _refused(request: AdmissionRequest, refusal: _Refusal) -> errors.StatusError:
    failure = errors.forbidden(request.kind.group, request.kind.plural, request.called, refusal.message)
    reason = refusal.denial.reason or "Invalid"
    failure.code = failure.status["code"] = _CODES.get(reason, _INVALID)
    failure.status["reason"] = reason
    failure.status["details"]["causes"] = [{"message": refusal.message}]
    return failure
