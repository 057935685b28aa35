"""All mutating policies of a server, and the way of one write through them: first to last, and once more where others have
changed the object since."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.admission_policies import GROUP, MUTATING_POLICIES_RESOURCE
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.json_patch import equal
from drakkar.apiserver.policies.bound import Bound, Hook, Invocation, Misconfigured
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.match_conditions import ConditionError
from drakkar.apiserver.policies.mutating_policy import MutatingPolicy
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.policies.view import View, Way
from drakkar.apiserver.storage.store import Store
from drakkar.cel.objects.plain import plain

_BINDINGS: Final = f"{GROUP}/mutatingadmissionpolicybindings"
# Who asks whether somebody may do something does not do it.
_VIRTUAL: Final = ("authentication.k8s.io", "authorization.k8s.io")
# A look all over an object, in the units of CEL's costs: one is as much as many small expressions.
_PASS: Final = 100


class MutatingPolicies:
    """The mutating policies that are stored, as they are now."""

    def __init__(self, store: Store, kinds: Registry) -> None:
        self.kinds = kinds
        self.bound = Bound(
            store, kinds, MUTATING_POLICIES_RESOURCE, _BINDINGS, lambda source: MutatingPolicy(source)
        )

    def passage(self, request: AdmissionRequest, way: Way) -> Passage | None:
        """The way of a write through them; None where none of them may be about it."""
        if request.kind.group == GROUP or request.kind.group in _VIRTUAL:
            # A policy that is about policies could never be taken away again.
            return None
        hooks = self.bound.about(request)
        return Passage(self, request, way, hooks) if hooks else None


# A policy, its binding, and the namespace and name of the parameter.
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What a policy failed with; `reason` is told where it is the first."""

    hook: Hook
    binding: str
    why: str
    reason: str = ""

    @property
    def message(self) -> str:
        if self.binding:
            return f"policy '{self.hook.name}' with binding '{self.binding}' denied request: {self.why}"
        return f'policy "{self.hook.name}" denied request: {self.why}'


class Passage:
    """One write on its way through the mutating policies. A second round asks those again that want it, where the object was
    changed after they had looked at it."""

    def __init__(
        self, policies: MutatingPolicies, request: AdmissionRequest, way: Way, hooks: tuple[Hook, ...]
    ) -> None:
        self._policies = policies
        self._request = request
        self._way = way
        self._hooks = hooks
        self._room = Room(beside.is_aside())
        self._asked: set[_Key] = set()
        self._again: set[_Key] = set()
        self._left: Object | None = None
        self._second = False
        self.stirred = False
        """Whether a policy had its say, so that another round has to follow."""

    async def round(self, new: Object) -> Object:
        """What the policies make of the object, which is `new` itself where they leave it as it is; StatusError where one
        refuses, TooHeavyError where that cannot be found out on the event loop."""
        seen = self._way.seen(new)
        request = dataclasses.replace(self._request, new=seen)
        refusals: list[_Refusal] = []
        invocations: list[Invocation[MutatingPolicy]] = []
        # All of them are found by the object as it comes.
        for hook in self._hooks:
            async for one in self._policies.bound.invoked(hook, request, self._room):
                if isinstance(one, Misconfigured):
                    binding = one.binding.name if one.binding else ""
                    refusals.append(_Refusal(hook, binding, one.message))
                else:
                    invocations.append(one)
        made = await self._all(invocations, request, new, seen, refusals) if invocations else new
        self._second = True
        told = [one for one in refusals if not one.hook.ignores]
        if told:
            raise _refused(request, told)
        return made

    async def _all(
        self,
        invocations: list[Invocation[MutatingPolicy]],
        request: AdmissionRequest,
        new: Object,
        seen: Object,
        refusals: list[_Refusal],
    ) -> Object:
        if self._second and not equal(seen, self._left):
            # What others did since counts as a change.
            self._require()
        views: dict[tuple[str, str], View] = {}
        last: View | None = None
        for one in invocations:
            key = (one.kind.api_version, one.kind.plural)
            view = views.get(key)
            if view is None:
                view = views[key] = View(self._policies.kinds, self._way, request, one.kind, new)
            if await self._mutated(one, view, refusals):
                last = view
        if last is None or not last.changed:
            self._left = seen
            return new
        # As upstream has it: what was done in another version of the resource than the last is lost.
        self._require()
        self.stirred = True
        self._left = last.seen
        return last.whole

    async def _mutated(self, one: Invocation[MutatingPolicy], view: View, refusals: list[_Refusal]) -> bool:
        """Have a policy change the view, and say whether it came to that."""
        policy, params = one.policy, plain(one.param)
        try:
            if not policy.concerns(view.about, params, self._room):
                return False
        except ConditionError as error:
            refusals.append(_Refusal(one.hook, one.binding.name, str(error), "Invalid"))
            return False
        key = _key(one)
        if self._second and key not in self._again:
            return False
        before = view.seen
        for mutation in policy.mutations:
            self._room.spend(_PASS)
            try:
                value = policy.value(mutation, view.about, params, one.namespace, self._room)
                await view.change(mutation, value)
            except PatchError as failure:
                refusals.append(_Refusal(one.hook, one.binding.name, failure.message, "Invalid"))
        if view.seen is not before and not equal(view.seen, before):
            self._require()
            self.stirred = True
        if policy.asked_again:
            self._asked.add(key)
        return bool(policy.mutations)

    def _require(self) -> None:
        """Those that were asked so far are to be asked again, if there is another round."""
        self._again |= self._asked
        self._asked = set()


def _key(one: Invocation[MutatingPolicy]) -> _Key:
    meta = (one.param or {}).get("metadata") or {}
    return one.hook.name, one.binding.name, meta.get("namespace", ""), meta.get("name", "")


def _refused(request: AdmissionRequest, refusals: list[_Refusal]) -> errors.StatusError:
    """One answer for all of them, which has the words and the reason of the first."""
    first = refusals[0]
    failure = errors.forbidden(request.kind.group, request.kind.plural, request.called, first.message)
    failure.status["message"] = first.message
    if first.reason:
        failure.status["reason"] = first.reason
    failure.status["details"]["causes"] = [{"message": one.message} for one in refusals]
    return failure
