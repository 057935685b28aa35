"""What a cluster's owners have set up to be asked about writes: policies and webhooks that change them, then policies and
webhooks that refuse them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.admission.admission import Admission
from drakkar.apiserver.admission.plugin_names import (
    MUTATING_POLICY,
    MUTATING_WEBHOOK,
    VALIDATING_POLICY,
    VALIDATING_WEBHOOK,
)
from drakkar.apiserver.kinds import conversion, kind_schema
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.mutating_policies import MutatingPolicies
from drakkar.apiserver.policies.other_versions import OtherVersions
from drakkar.apiserver.policies.policies import Policies
from drakkar.apiserver.policies.request import CREATE, DELETE, UPDATE, AdmissionRequest
from drakkar.apiserver.policies.view import Way
from drakkar.apiserver.resources.converting import Converting
from drakkar.apiserver.resources.mutating_rounds import MutatingRounds
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.webhooks import Changed, Mutation, Webhooks
from drakkar.apiserver.wire import decoding

_OPTIONS: Final = {CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions"}
# What the server gives a new object only after webhooks have looked at it.
_LATER: Final = ("uid", "creationTimestamp", "generation")


class DynamicAdmission:
    """Asks them, as far as the server has such plugins. What the server itself does is nobody's business."""

    def __init__(self, store: Store, kinds: Registry, converting: Converting, admission: Admission) -> None:
        self._kinds = kinds
        self._converting = converting
        self._policies = Policies(store, kinds)
        self._mutating = MutatingPolicies(store, kinds)
        self._webhooks = Webhooks(store, kinds)
        self._has = admission.has

    async def validate(self, write: Write, new: Object | None, old: Object | None) -> None:
        """StatusError where one refuses, TooHeavyError where that cannot be found out on the event loop."""
        request = self._request(write, new, old)
        if request is not None:
            if self._has(VALIDATING_POLICY):
                await self._policies.check(request)
            if self._has(VALIDATING_WEBHOOK):
                await self._webhooks.validate(request)

    async def mutate(
        self,
        write: Write,
        new: Object,
        old: Object | None,
        made_again: Callable[[Object], Object],
        own: Callable[[Kind, Object, Object | None], None] | None,
    ) -> bool:
        """Have policies and webhooks change an object in place, and say whether they may have; StatusError where one refuses,
        TooHeavyError where that cannot be found out on the event loop.

        `made_again` makes of a changed object what is to be stored, `own` is what the server itself adds, once more
        after them.
        """
        way = Way(lambda obj: _seen(write, obj), made_again)
        again = None if own is None else lambda: own(write.kind, new, old)
        rounds = self._rounds(write, new, old, way, lambda changed: self._read(write.kind, changed))
        return rounds is not None and await rounds.go(new, again)

    def _rounds(
        self,
        write: Write,
        new: Object,
        old: Object | None,
        way: Way,
        read: Callable[[Changed], Awaitable[Object]],
    ) -> MutatingRounds | None:
        request = self._request(write, new, old)
        if request is None:
            return None
        policies = self._mutating.passage(request, way) if self._has(MUTATING_POLICY) else None
        return MutatingRounds(policies, self._mutation(request), way, read)

    def _mutation(self, request: AdmissionRequest) -> Mutation | None:
        return self._webhooks.mutation(request) if self._has(MUTATING_WEBHOOK) else None

    async def mutate_deletion(self, write: Write, old: Object) -> None:
        """Ask the same webhooks about a deletion, which they cannot change."""
        request = self._request(write, None, old)
        mutation = None if request is None else self._mutation(request)
        if mutation is not None:
            await mutation.next(None)

    async def admit_below(self, write: Write, new: Object) -> Object:
        """Ask about what is sent to a path below an object; the answer is what policies and webhooks made of it."""
        new = await self.mutate_below(write, new, None)
        await self.validate(write, new, None)
        return new

    async def mutate_below(self, write: Write, new: Object, old: Object | None) -> Object:
        """What policies and webhooks make of what is sent to a path below an object; `new` itself where that is nothing."""
        made = dict(new)
        rounds = self._rounds(write, made, old, Way(dict, dict), _as_it_is)
        return made if rounds is not None and await rounds.go(made, None) else new

    async def _read(self, kind: Kind, changed: Changed) -> Object:
        """A changed object in the version in which it is looked at."""
        try:
            fitting, _ = kind_schema.fit(changed.kind, changed.object)
        except decoding.WrongTypeError as failure:
            raise errors.internal(str(failure)) from None
        if kind.form is not None:
            if changed.kind.webhook is not None and changed.kind.version != kind.version:
                return (await self._converting.into(kind, [fitting]))[0]
            return {**fitting, "apiVersion": kind.api_version}
        return conversion.stored(changed.kind, self._kinds.stored(kind.resource), fitting)

    def _request(self, write: Write, new: Object | None, old: Object | None) -> AdmissionRequest | None:
        """The request as it is asked about; None for the server's own."""
        options = write.options
        if options.requester is None:
            return None
        named = write.named
        if named is None:
            named = ((new or old or {}).get("metadata") or {}).get("name", "")
        given = None
        if write.operation in _OPTIONS:
            given = {"kind": _OPTIONS[write.operation], "apiVersion": "meta.k8s.io/v1", **options.given}
        return AdmissionRequest(
            write.operation,
            write.kind,
            write.subresource,
            write.namespace,
            named,
            new,
            old,
            given,
            options.dry_run,
            options.requester,
            options.warnings,
            OtherVersions(self._converting.into),
        )


async def _as_it_is(changed: Changed) -> Object:
    return changed.object


def _seen(write: Write, new: Object) -> Object:
    """An object as webhooks see it that may still change it."""
    if write.operation != CREATE:
        return dict(new)
    apart = _LATER if write.named else (*_LATER, "name")
    seen = {**new, "metadata": {k: v for k, v in new["metadata"].items() if k not in apart}}
    if write.kind.status and not write.kind.strategy.born_with_status:
        seen.pop("status", None)
    return seen
