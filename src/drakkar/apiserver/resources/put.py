"""PUT on an object: replaces it, and for some kinds makes it where it is not there yet."""

from __future__ import annotations

from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import UPDATE
from drakkar.apiserver.resources import identity
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions


async def put(
    rest: Rest, kind: Kind, namespace: str, name: str, obj: Object, subresource: str, options: WriteOptions
) -> tuple[Object, bool]:
    """The object as it is stored now, and whether it was made."""
    given = obj.get("metadata")
    if not given or (isinstance(given, dict) and not given.get("name")):
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    there = rest.store.get((kind.resource, namespace, name)) is not None
    if there or subresource or not kind.strategy.made_by_put:
        return await rest.replace(kind, namespace, name, obj, subresource, options), False
    nothing = {"metadata": {"uid": "", "resourceVersion": ""}}
    identity.check(Write(UPDATE, kind, subresource, namespace, options, name), nothing, given)
    return await rest.create(kind, namespace, obj, options), True
