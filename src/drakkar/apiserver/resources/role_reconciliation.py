"""Brings a role or binding that the server wants up to date: what is missing is added, what users added stays.

One whose annotation `autoupdate` says "false" is left alone.
"""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.access.rule_coverage import TooManyRightsError, missing
from drakkar.apiserver.access.system_roles import AUTOUPDATE
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.rest import Rest


async def reconcile(rest: Rest, kind: Kind, wanted: Object) -> None:
    """Make the object or change it so that it grants all that `wanted` does; StatusError where that may not be."""
    meta = wanted["metadata"]
    space, name = meta.get("namespace", ""), meta["name"]
    held = rest.store.get((kind.resource, space, name))
    if held is not None:
        if (held["metadata"].get("annotations") or {}).get(AUTOUPDATE) == "false":
            return
        if held.get("roleRef") == wanted.get("roleRef"):
            await rest.change(kind, space, name, lambda old: united(old, wanted))
            return
        # A binding's role cannot be changed.
        await rest.delete(kind, space, name, {})
    await rest.create(kind, space, wanted)


def united(held: Object, wanted: Object) -> Object:
    """What is stored, with all that is wanted and lacking."""
    meta = dict(held["metadata"])
    for field in ("labels", "annotations"):
        meta[field] = {**wanted["metadata"][field], **(meta.get(field) or {})}
    new = {**held, "metadata": meta}
    if "roleRef" in wanted:
        subjects = held.get("subjects") or []
        lacking = [one for one in wanted["subjects"] if one not in subjects]
        return {**new, "subjects": [*subjects, *lacking]} if lacking else new
    rules = held.get("rules") or []
    try:
        lacking = missing(rules, wanted["rules"])
    except TooManyRightsError:
        # Too much was added to be compared: what is wanted is put beside it, once.
        lacking = [rule for rule in wanted["rules"] if rule not in rules]
    if lacking:
        new["rules"] = [*rules, *lacking]
    return _with_aggregation(new, wanted)


def _with_aggregation(new: Object, wanted: Object) -> Object:
    if "aggregationRule" not in wanted:
        new.pop("aggregationRule", None)
        return new
    selectors = (new.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
    lacking = [one for one in wanted["aggregationRule"]["clusterRoleSelectors"] if one not in selectors]
    if lacking:
        new["aggregationRule"] = {"clusterRoleSelectors": [*selectors, *lacking]}
    return new
