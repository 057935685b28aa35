"""The disruption budgets that a pod falls under. Their selectors are read once, and asked beside the loop where there is much
to ask: an eviction is a small request, and what it is about may be large."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.api.selectors import LabelSelector, label_selector
from drakkar.apiserver import beside
from drakkar.apiserver.storage.store import Store

_BUDGETS = "policy/poddisruptionbudgets"
# About as many bytes of work as there are in a budget's selector where it is not known to be large.
_EACH = 256
_MOST_NAMESPACES = 64

# What the selectors were read from, and what they are, by the name of the budget.
_Read = dict[str, tuple[Object | None, LabelSelector | None]]
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[str, _Read]] = weakref.WeakKeyDictionary()


async def budgets_of(store: Store, namespace: str, labels: Mapping[str, str]) -> list[Object]:
    """The budgets whose selector takes a pod with these labels, as they are now; raises SelectorError."""
    budgets = store.list(_BUDGETS, namespace)
    weight = sum(_EACH + store.weight((_BUDGETS, namespace, one["metadata"]["name"])) for one in budgets)
    names = await beside.call(weight, _selecting, store, namespace, budgets, labels)
    found = [store.get((_BUDGETS, namespace, name)) for name in names]
    return [one for one in found if one is not None]


def _selecting(store: Store, namespace: str, budgets: list[Object], labels: Mapping[str, str]) -> list[str]:
    kept = _kept.setdefault(store, OrderedDict())
    before, read = kept.pop(namespace, {}), _Read()
    for budget in budgets:
        name, written = budget["metadata"]["name"], (budget.get("spec") or {}).get("selector")
        known = before.get(name)
        read[name] = known if known and known[0] is written else (written, label_selector(written))
    if read:
        kept[namespace] = read
    while len(kept) > _MOST_NAMESPACES:
        kept.popitem(last=False)
    return [name for name, (_, selector) in read.items() if selector is not None and selector.matches(labels)]
