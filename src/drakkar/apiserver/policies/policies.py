"""All validating policies of a server: put to work by their bindings, asked about each write, silent where none is about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.admission_policies import GROUP, POLICIES_RESOURCE
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies import param_rights
from drakkar.apiserver.policies.bound import Bound, Hook, Misconfigured
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.policy import Denial, Policy
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.policies.variables import Versioned
from drakkar.apiserver.storage.store import Store
from drakkar.cel.objects.plain import plain

_BINDINGS: Final = f"{GROUP}/validatingadmissionpolicybindings"
_CODES: Final = {"Forbidden": 403, "RequestEntityTooLarge": 413}
_INVALID: Final = 422


@dataclass(frozen=True, slots=True)
class _Refusal:
    policy: str
    binding: str
    denial: Denial

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
        for hook in hooks:
            async for one in self._bound.invoked(hook, request, room):
                if isinstance(one, Misconfigured):
                    refusals += _misconfigured(one)
                    continue
                kind, name = one.kind, one.binding.name
                about = versions.setdefault(kind.api_version + kind.plural, Versioned(request, kind))
                for denial in one.policy.denials(about, plain(one.param), one.namespace, room):
                    refusal = _Refusal(hook.name, name, denial)
                    _told(refusal, one.binding.spec.get("validationActions") or (), refusals, warnings)
        request.warnings.extend(warnings)
        if refusals:
            raise _refused(request, refusals[0])


def _told(refusal: _Refusal, actions: Iterable[str], refusals: list[_Refusal], warnings: list[str]) -> None:
    if refusal.denial.always:
        refusals.append(refusal)
        return
    for action in actions:
        if action == "Deny":
            refusals.append(refusal)
        elif action == "Warn":
            by = f"ValidatingAdmissionPolicy '{refusal.policy}' with binding '{refusal.binding}'"
            warnings.append(f"Validation failed for {by}: {refusal.denial.message}")


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
