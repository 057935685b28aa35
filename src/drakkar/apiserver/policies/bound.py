"""The policies of one sort that bindings put to work: which of them a request falls under, and with which parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.concerned import Concerned
from drakkar.apiserver.policies.errors import ConfigurationError
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.matching import Matching
from drakkar.apiserver.policies.other_versions import unconverted
from drakkar.apiserver.policies.params import param_kind, params
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.storage.store import Store

P = TypeVar("P")
# In letters.
_QUICKLY_COMPILED: Final = 4096


@dataclass(frozen=True, slots=True)
class Binding:
    """What puts a policy to work; without `matching` it does so for all that the policy is about."""

    name: str
    spec: Object
    matching: Matching | None


@dataclass(frozen=True, slots=True)
class Hook:
    """A policy with its bindings; it is compiled when a request first falls under it."""

    source: Object
    matching: Matching
    bindings: tuple[Binding, ...]

    @property
    def name(self) -> str:
        """The policy's name."""
        return str(self.source["metadata"]["name"])

    @property
    def ignores(self) -> bool:
        """Whether a request passes where the policy does not work."""
        return bool(self.source["spec"].get("failurePolicy") == "Ignore")


@dataclass(frozen=True, slots=True)
class Invocation(Generic[P]):
    """A policy that a request falls under by the version `kind` of its resource, with one binding and one parameter."""

    hook: Hook
    binding: Binding
    policy: P
    kind: Kind
    param_kind: Kind | None
    param: Object | None
    namespace: Object | None


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """A policy, or one of its bindings, that does not work as it stands."""

    hook: Hook
    binding: Binding | None
    error: ConfigurationError

    @property
    def message(self) -> str:
        """Why, in upstream's words."""
        return f"failed to configure {'policy' if self.binding is None else 'binding'}: {self.error}"


class Bound(Generic[P]):
    """The policies that are stored at `resource`, as they are now, with the bindings at `bindings`."""

    def __init__(
        self, store: Store, kinds: Registry, resource: str, bindings: str, make: Callable[[Object], P]
    ) -> None:
        """`make` compiles a policy; what it raises for one that cannot be read is AttributeError, KeyError or TypeError."""
        self._store = store
        self._kinds = kinds
        self._resource, self._bindings = resource, bindings
        self._make = make
        self._compiled: dict[str, tuple[str, P]] = {}
        self._concerned = Concerned(store, kinds, (resource, bindings), self._read)

    def about(self, request: AdmissionRequest) -> tuple[Hook, ...]:
        """The policies that may be about such a request, in the order of their names."""
        return self._concerned.by(request)

    def _read(self) -> Iterator[Hook]:
        bindings: dict[str, list[Binding]] = {}
        for one in self._store.list(self._bindings):
            spec = one["spec"]
            given = spec.get("matchResources")
            bound = Binding(one["metadata"]["name"], spec, None if given is None else Matching(given))
            bindings.setdefault(spec.get("policyName", ""), []).append(bound)
        known = set()
        for policy in self._store.list(self._resource):
            name = policy["metadata"]["name"]
            if name in bindings:
                known.add(name)
                matching = Matching(policy["spec"].get("matchConstraints") or {})
                yield Hook(policy, matching, tuple(bindings[name]))
        for name in set(self._compiled) - known:
            self._compiled.pop(name, None)

    def _policy(self, source: Object) -> P:
        meta = source["metadata"]
        known = self._compiled.get(meta["name"])
        # A write of the status makes no other policy of it.
        version = f"{meta['uid']}/{meta.get('generation')}"
        if known is None or known[0] != version:
            if not beside.is_aside() and len(str(source["spec"])) > _QUICKLY_COMPILED:
                raise beside.TooHeavyError
            known = self._compiled[meta["name"]] = (version, self._make(source))
        return known[1]

    async def invoked(
        self, hook: Hook, request: AdmissionRequest, room: Room
    ) -> AsyncIterator[Invocation[P] | Misconfigured]:
        """What is to be asked of a policy about a request, which is shown to it; nothing where it is not about it.

        TooHeavyError where that cannot be found out on the event loop.
        """
        try:
            kind = hook.matching.match(request, self._store, self._kinds)
            if kind is None:
                return
            given = hook.source["spec"].get("paramKind")
            wanted = param_kind(self._kinds, given) if given else None
            policy = self._readable(hook)
        except ConfigurationError as error:
            yield Misconfigured(hook, None, error)
            return
        for binding in hook.bindings:
            try:
                if binding.matching and not binding.matching.match(request, self._store, self._kinds):
                    continue
                try:
                    await request.shown(kind)
                except errors.StatusError as failure:
                    yield Misconfigured(hook, None, unconverted(failure))
                    continue
                found = await params(self._store, wanted, binding.spec.get("paramRef"), request, room)
            except ConfigurationError as error:
                yield Misconfigured(hook, binding, error)
                continue
            namespace = self._namespace(request)
            for param in found:
                yield Invocation(hook, binding, policy, kind, wanted, param, namespace)

    def _readable(self, hook: Hook) -> P:
        try:
            return self._policy(hook.source)
        except (AttributeError, KeyError, TypeError) as error:
            # It was stored past all rules.
            raise ConfigurationError(f"the policy cannot be read: {error!r}") from None

    def _namespace(self, request: AdmissionRequest) -> Object | None:
        if request.is_namespace or not request.home:
            return None
        found: Any = self._store.get(("/namespaces", "", request.home))
        if found is None:
            raise errors.not_found("", "namespaces", request.home)
        return dict(found)
