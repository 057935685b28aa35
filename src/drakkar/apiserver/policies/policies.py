"""All policies of a server: put to work by their bindings, asked about each write, silent where none is about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.admission_policies import GROUP, POLICIES_RESOURCE
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies import param_rights
from drakkar.apiserver.policies.error import ConfigurationError
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.matching import Matching
from drakkar.apiserver.policies.params import param_kind, params
from drakkar.apiserver.policies.policy import Denial, Policy
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.policies.variables import Versioned
from drakkar.apiserver.storage.store import Store
from drakkar.cel.objects.plain import plain

_BINDINGS: Final = f"{GROUP}/validatingadmissionpolicybindings"
_CODES: Final = {"Forbidden": 403, "RequestEntityTooLarge": 413}
_INVALID: Final = 422
# In letters.
_QUICKLY_COMPILED: Final = 4096


@dataclass(frozen=True, slots=True)
class _Binding:
    name: str
    spec: Object
    matching: Matching | None


@dataclass(frozen=True, slots=True)
class _Hook:
    """A policy with its bindings; it is compiled when a request first falls under it."""

    source: Object
    matching: Matching
    bindings: tuple[_Binding, ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The policies that are bound, and which of them may be about a request by its operation, resource and what is below
    it; it holds as long as neither they, which have had so many `changes`, nor the kinds that are served change."""

    hooks: tuple[_Hook, ...]
    served: object
    changes: int
    concerned: dict[tuple[str, str, str, str], tuple[_Hook, ...]] = field(default_factory=dict)


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
        self._index: _Index | None = None
        self._changes = 0
        self._compiled: dict[str, tuple[str, Policy]] = {}
        for resource in (POLICIES_RESOURCE, _BINDINGS):
            store.listen(resource, self._changed)

    def _changed(self) -> None:
        self._changes += 1

    def check(self, request: AdmissionRequest) -> None:
        """StatusError where a policy refuses the request, TooHeavyError where that cannot be found out on the event loop."""
        if request.kind.group == GROUP:
            # A policy that is about policies could never be taken away again.
            param_rights.check(request, self._store, self._kinds)
            return
        hooks = self._about(request)
        if hooks:
            self._ask(request, hooks)

    def _about(self, request: AdmissionRequest) -> tuple[_Hook, ...]:
        # Both are looked at before the policies: heavy work reads them beside the loop, where they may change meanwhile.
        served, changes = self._kinds.derived(Policies, object), self._changes
        index = self._index
        if index is None or index.served is not served or index.changes != changes:
            index = self._index = _Index(tuple(self._read()), served, changes)
        if not index.hooks:
            return ()
        kind = request.kind
        key = (request.operation, kind.api_version, kind.plural, request.subresource)
        found = index.concerned.get(key)
        if found is None:
            found = tuple(hook for hook in index.hooks if hook.matching.concerns(request, self._kinds))
            index.concerned[key] = found
        return found

    def _read(self) -> Iterator[_Hook]:
        bindings: dict[str, list[_Binding]] = {}
        for one in self._store.list(_BINDINGS):
            spec = one["spec"]
            given = spec.get("matchResources")
            bound = _Binding(one["metadata"]["name"], spec, None if given is None else Matching(given))
            bindings.setdefault(spec.get("policyName", ""), []).append(bound)
        known = set()
        for policy in self._store.list(POLICIES_RESOURCE):
            name = policy["metadata"]["name"]
            if name in bindings:
                known.add(name)
                matching = Matching(policy["spec"].get("matchConstraints") or {})
                yield _Hook(policy, matching, tuple(bindings[name]))
        for name in set(self._compiled) - known:
            self._compiled.pop(name, None)

    def _policy(self, source: Object) -> Policy:
        meta = source["metadata"]
        known = self._compiled.get(meta["name"])
        # A write of the status makes no other policy of it.
        version = f"{meta['uid']}/{meta.get('generation')}"
        if known is None or known[0] != version:
            if not beside.is_aside() and len(str(source["spec"])) > _QUICKLY_COMPILED:
                raise beside.TooHeavyError
            known = self._compiled[meta["name"]] = (version, Policy(source))
        return known[1]

    def _ask(self, request: AdmissionRequest, hooks: tuple[_Hook, ...]) -> None:
        versions: dict[str, Versioned] = {}
        room = Room(beside.is_aside())
        refusals: list[_Refusal] = []
        warnings: list[str] = []
        for hook in hooks:
            try:
                kind = hook.matching.match(request, self._store, self._kinds)
            except ConfigurationError as error:
                refusals += _misconfigured(hook, None, error)
                continue
            if kind is None:
                continue
            about = versions.setdefault(kind.api_version + kind.plural, Versioned(request, kind))
            for binding, denial in self._denials(hook, about, room):
                self._told(hook, binding, denial, refusals, warnings)
        request.warnings.extend(warnings)
        if refusals:
            raise _refused(request, refusals[0])

    @staticmethod
    def _told(
        hook: _Hook, binding: _Binding | None, denial: Denial, refusals: list[_Refusal], warnings: list[str]
    ) -> None:
        policy = hook.source["metadata"]["name"]
        if binding is None or denial.always:
            refusals.append(_Refusal(policy, binding.name if binding else "", denial))
            return
        for action in binding.spec.get("validationActions") or ():
            if action == "Deny":
                refusals.append(_Refusal(policy, binding.name, denial))
            elif action == "Warn":
                said = f"Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding.name}'"
                warnings.append(f"{said}: {denial.message}")

    def _denials(self, hook: _Hook, about: Versioned, room: Room) -> Iterator[tuple[_Binding | None, Denial]]:
        request = about.request
        spec = hook.source["spec"]
        kind: Kind | None = None
        if spec.get("paramKind"):
            try:
                kind = param_kind(self._kinds, spec["paramKind"])
            except ConfigurationError as error:
                yield from ((None, one.denial) for one in _misconfigured(hook, None, error))
                return
        try:
            policy = self._policy(hook.source)
        except (AttributeError, KeyError, TypeError) as error:
            # It was stored past all rules.
            broken = ConfigurationError(f"the policy cannot be read: {error!r}")
            yield from ((None, one.denial) for one in _misconfigured(hook, None, broken))
            return
        for binding in hook.bindings:
            try:
                if binding.matching and not binding.matching.match(request, self._store, self._kinds):
                    continue
                given = params(self._store, kind, binding.spec.get("paramRef"), request.home, room)
            except ConfigurationError as error:
                for one in _misconfigured(hook, binding, error):
                    yield binding, one.denial
                continue
            namespace = self._namespace(request)
            for param in given:
                for denial in policy.denials(about, plain(param), namespace, room):
                    yield binding, denial

    def _namespace(self, request: AdmissionRequest) -> Object | None:
        if request.is_namespace or not request.home:
            return None
        found: Any = self._store.get(("/namespaces", "", request.home))
        if found is None:
            raise errors.not_found("", "namespaces", request.home)
        return dict(found)


def _misconfigured(hook: _Hook, binding: _Binding | None, error: ConfigurationError) -> list[_Refusal]:
    """A policy or binding that does not work refuses, unless the policy is to be ignored then."""
    if hook.source["spec"].get("failurePolicy") == "Ignore":
        return []
    what = "policy" if binding is None else "binding"
    denial = Denial(f"failed to configure {what}: {error}", always=True)
    return [_Refusal(hook.source["metadata"]["name"], binding.name if binding else "", denial)]


def _refused(request: AdmissionRequest, refusal: _Refusal) -> errors.StatusError:
    meta = (request.new or {}).get("metadata") or {}
    name = request.name or meta.get("generateName") or "Unknown"
    failure = errors.forbidden(request.kind.group, request.kind.plural, name, refusal.message)
    reason = refusal.denial.reason or "Invalid"
    failure.code = failure.status["code"] = _CODES.get(reason, _INVALID)
    failure.status["reason"] = reason
    failure.status["details"]["causes"] = [{"message": refusal.message}]
    return failure
