"""Brings an object that the server makes at its start up to date, as far as it is still the server's."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import api_services, flow_objects
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.validation.field_values import same

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


def _ours(held: Object) -> bool:
    meta = held["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    return marks.get(flow_objects.AUTOUPDATE) == "true" or api_services.AUTOMANAGED in marks
