"""What a write adds to the usage of quotas, and whether they allow it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import Amounts
from drakkar.api.pod_totals import amounts as read
from drakkar.quota import amounts
from drakkar.quota.evaluator import Evaluator, Measured, World
from drakkar.quota.limited import NO_LIMITS, Limits
from drakkar.quota.scopes import requirements


class QuotaError(Exception):
    """A quota does not allow a write; the words are for the writer."""


class UnselectedError(Exception):
    """What is written is of a scope that is only allowed where a quota selects it; the words are for the writer."""


class Kept(NamedTuple):
    """What a server allows only where a quota counts it, and of which resource an object is."""

    limits: Limits = NO_LIMITS
    group: str = ""
    plural: str = ""


_FREE = Kept()


class Charged(NamedTuple):
    """A quota, and what is in use with the write of what the write adds to."""

    quota: Object
    used: Amounts


class _Pertinent(NamedTuple):
    """A quota that counts an object by these names, what the write adds, all in all and of what it limits, and of that what
    it allows and what is in use."""

    quota: Object
    names: set[str]
    more: Amounts
    hard: Amounts
    used: Amounts
    added: Amounts


def charge(
    quotas: Sequence[Object],
    evaluator: Evaluator,
    world: World,
    new: Measured,
    old: Measured | None,
    exempt: bool = False,
    kept: Kept = _FREE,
) -> list[Charged]:
    """The quotas of a namespace whose usage a write changes. `old` is what was there before it; a write that is `exempt` is
    counted, whatever comes of it. QuotaError where one of them does not allow it, or none counts what is `kept` for those,
    and UnselectedError where none selects it.
    """
    found = [one for quota in quotas if (one := _pertinent(quota, evaluator, world, new, old)) is not None]
    below = amounts.negative(new.usage)
    if below:
        raise QuotaError(f"quota usage is negative for resource(s): {','.join(below)}")
    if kept.limits:
        _require(kept, quotas, found, new, old)
    charged = []
    for one in found:
        used = amounts.plus(one.used, one.added)
        if not exempt:
            _within(one, used)
        if not amounts.same(used, one.used):
            charged.append(Charged(one.quota, used))
    return charged


def _require(
    kept: Kept, quotas: Iterable[Object], found: Iterable[_Pertinent], new: Measured, old: Measured | None
) -> None:
    """QuotaError and UnselectedError where something is added that only quotas allow, and none of them does."""
    adding = [one.more for one in found] or [amounts.more(new.usage, old.usage if old is not None else {})]
    if not any(adding):
        return
    counted = {name for one in found for name in one.names}
    uncounted = kept.limits.uncounted(kept.group, kept.plural, new, counted)
    if uncounted:
        raise QuotaError(f"insufficient quota to consume: {','.join(uncounted)}")
    selected = (one for quota in quotas for one in requirements(quota))
    unselected = kept.limits.unselected(new, selected)
    if unselected:
        told = " ".join(f"{{{one.scope} {one.operator} [{' '.join(one.values)}]}}" for one in unselected)
        raise UnselectedError(f"insufficient quota to match these scopes: [{told}]")


def _pertinent(
    quota: Object, evaluator: Evaluator, world: World, new: Measured, old: Measured | None
) -> _Pertinent | None:
    status = mapping(quota.get("status"))
    hard, used = mapping(status.get("hard")), mapping(status.get("used"))
    names, asked = evaluator.names(hard, world), requirements(quota)
    if not names or not new.meets(asked):
        return None
    unsaid = [f"{name} for: {','.join(new.unsaid[name])}" for name in sorted(names) if name in new.unsaid]
    if unsaid:
        raise QuotaError(f"failed quota: {_name(quota)}: must specify {'; '.join(unsaid)}")
    if not used.keys() >= names:
        raise QuotaError(f"status unknown for quota: {_name(quota)}, resources: {','.join(sorted(names))}")
    before = old.usage if old is not None and old.meets(asked) else {}
    more = amounts.more(new.usage, before)
    # At the moment of the write everybody waits: of a long quota only that is read.
    limits, in_use = (read({name: of[name] for name in more if name in of}) for of in (hard, used))
    return _Pertinent(quota, names, more, limits, in_use, amounts.masked(more, limits))


def _within(one: _Pertinent, used: Amounts) -> None:
    over = [name for name in one.added if used[name] > one.hard[name]]
    if over:
        requested, before, limited = (amounts.told(part, over) for part in (one.added, one.used, one.hard))
        raise QuotaError(
            f"exceeded quota: {_name(one.quota)}, requested: {requested}, used: {before}, limited: {limited}"
        )


def _name(quota: Any) -> str:
    return text(mapping(quota.get("metadata")).get("name"))
