"""Holds what is written into a namespace to its ResourceQuotas, and counts it there, in the step of the write."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.change import Alongside
from drakkar.apiserver.storage.store import Store
from drakkar.quota.amounts import written
from drakkar.quota.charge import Charged, Kept, QuotaError, UnselectedError, charge
from drakkar.quota.evaluator import Evaluator, Measured, World
from drakkar.quota.evaluators import evaluator_of
from drakkar.quota.limited import NO_LIMITS, Limits

_QUOTAS = "/resourcequotas"
# Says what becomes of the quotas with the write, as they are at that moment; StatusError 403 where one of them forbids it.
Charging = Callable[[], Sequence[Alongside]]


def charging(
    kind: Kind,
    namespace: str,
    new: Object,
    old: Object | None,
    subresource: str,
    store: Store,
    limits: Limits = NO_LIMITS,
) -> Charging | None:
    """What is to be asked at the moment of a write; None where no quota can be concerned. `old` is None for a new object.

    `limits` are what the server allows only where a quota counts it. What the objects use is found out here, beside the
    event loop where they are large; there a quota is looked at and changed in one step with the write, so that none is ever
    exceeded by writes at the same time.
    """
    evaluator = evaluator_of(kind.group, kind.plural) if kind.namespaced and namespace else None
    if evaluator is None or not evaluator.concerns(new, old, subresource):
        return None
    measured: list[tuple[World, Measured, Measured | None]] = []

    def measure() -> tuple[World, Measured, Measured | None]:
        if not measured:
            world = world_of(store)
            before = None if old is None else evaluator.measure(old, world)
            measured.append((world, evaluator.measure(new, world), before))
        return measured[0]

    def charged() -> Sequence[Alongside]:
        quotas = store.list(_QUOTAS, namespace)
        if not quotas and not limits:
            return ()
        return _charged(kind, new, quotas, evaluator, *measure(), subresource == "status", limits)

    if limits or store.list(_QUOTAS, namespace):
        measure()
    return charged


def _charged(
    kind: Kind,
    new: Object,
    quotas: Sequence[Object],
    evaluator: Evaluator,
    world: World,
    measured: Measured,
    before: Measured | None,
    exempt: bool,
    limits: Limits,
) -> Sequence[Alongside]:
    try:
        kept = Kept(limits, kind.group, kind.plural)
        charged = charge(quotas, evaluator, world, measured, before, exempt, kept)
    except UnselectedError as refusal:
        # As upstream, which has no reason for it.
        raise errors.StatusError(500, "", str(refusal)) from None
    except QuotaError as refusal:
        raise errors.forbidden(
            kind.group, kind.plural, new["metadata"].get("name", ""), str(refusal)
        ) from None
    return [
        Alongside(
            (_QUOTAS, one.quota["metadata"].get("namespace", ""), one.quota["metadata"]["name"]),
            {**one.quota, "status": _with_use(one)},
        )
        for one in charged
    ]


def _with_use(one: Charged) -> Object:
    status: Object = one.quota["status"]
    return {**status, "used": {**mapping(status.get("used")), **written(one.used)}}


def world_of(store: Store) -> World:
    """What of the store the usage of an object may depend on."""
    extended = {
        one["metadata"]["name"]: text(mapping(one.get("spec")).get("extendedResourceName"))
        for one in store.list("resource.k8s.io/deviceclasses")
    }
    return World(
        datetime.datetime.now(datetime.UTC),
        extended,
        lambda namespace, name: store.get(("/pods", namespace, name)),
        lambda namespace: store.list("resource.k8s.io/resourceclaims", namespace),
    )
