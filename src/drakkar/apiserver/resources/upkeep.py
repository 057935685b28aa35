"""Brings an object that the server makes at its start up to date, as far as it is still the server's."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import api_services, flow_objects
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.validation.field_values import same

_SYSTEM = "kube-system"
# Whose the fields are that are written so.
_MANAGERS = {api_services.KIND: "kube-apiserver"}


async def keep(rest: Rest, kind: Kind, wanted: Object) -> None:
    """Make the object, or give it its spec again where nobody took it over; StatusError where that may not be."""
    options = WriteOptions(manager=_MANAGERS.get(kind.kind, ""))
    name = wanted["metadata"]["name"]
    held = rest.store.get((kind.resource, "", name))
    if held is None:
        await rest.create(kind, "", {key: value for key, value in wanted.items() if key != "status"}, options)
    elif _ours(held) and not same(held["spec"], wanted["spec"]):
        await rest.change(kind, "", name, lambda old: {**old, "spec": wanted["spec"]}, options=options)
    if "status" in wanted and not ((await rest.get(kind, "", name)).get("status") or {}).get("conditions"):
        await rest.change(kind, "", name, lambda old: {**old, "status": wanted["status"]}, "status")


_TRUST, _AUTHORITY = "extension-apiserver-authentication", "client-ca-file"


async def keep_trust(rest: Rest, authority: str) -> None:
    """Tell other servers of this cluster whose certificates its clients have; `authority` is in PEM.

    They find it in a ConfigMap. What others of the kind have written there stays.
    """
    options = WriteOptions(manager="kube-apiserver")
    kind = rest.kinds.named("v1", "ConfigMap")
    held = rest.store.get((kind.resource, _SYSTEM, _TRUST))
    if held is None:
        meta = {"name": _TRUST, "namespace": _SYSTEM}
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {_AUTHORITY: authority}}
        await rest.create(kind, _SYSTEM, made, options)
        return
    known = str((held.get("data") or {}).get(_AUTHORITY) or "")
    if authority.strip() not in known:

        def more(old: Object) -> Object:
            return {**old, "data": {**(old.get("data") or {}), _AUTHORITY: known + authority}}

        await rest.change(kind, _SYSTEM, _TRUST, more, options=options)


def _ours(held: Object) -> bool:
    meta = held["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    return marks.get(flow_objects.AUTOUPDATE) == "true" or api_services.AUTOMANAGED in marks
