"""An object with the configuration laid over it that a mutation by ApplyConfiguration comes to."""

from __future__ import annotations

from typing import Any, Final

from drakkar.api.object import Object
from drakkar.apiserver.custom.declared import complaints, listed
from drakkar.apiserver.patch.atomic_parts import atomic_parts
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.field_merge import merge
from drakkar.apiserver.policies.native import Natives, TooLargeChangeError, misnamed
from drakkar.apiserver.policies.request import Typed
from drakkar.apiserver.schema.node import SchemaNode

# In letters: as much as a request may have.
MOST: Final = 3 * 1024 * 1024
TOO_LARGE: Final = f"what is to be changed comes to more than {MOST} letters"


def configured(value: Any, obj: Object, typed: Typed, schema: SchemaNode | None) -> Object:
    """The object with the value of an expression merged into it; PatchError in upstream's words.

    The object is of the type `typed`, of which `schema` is None where the schemas know nothing; it is not changed, and shared.
    """
    wrong = misnamed(value)
    if wrong:
        raise PatchError("type mismatch: " + "\n".join(wrong))
    given = {**_configuration(value), "apiVersion": obj["apiVersion"], "kind": obj["kind"]}
    try:
        _check(given, typed, schema)
        return dict(merge(obj, given, schema or SchemaNode.unknown()))
    except RecursionError:
        raise PatchError("error applying patch: the configuration is nested too deeply") from None
    except PatchError as failure:
        raise PatchError(f"error applying patch: {failure.message}") from None


def _configuration(value: Any) -> Object:
    try:
        return dict(Natives(MOST).configuration(value))
    except TooLargeChangeError:
        raise PatchError(TOO_LARGE) from None
    except PatchError:
        # Upstream has lost by then what it is that has no form.
        raise PatchError("invalid return type: *dynamic.ObjectVal") from None


def _check(given: Object, typed: Typed, schema: SchemaNode | None) -> None:
    unfit = "failed to convert patch object to typed object"
    if schema is None:
        version = f"{typed.group}/{typed.version}"
        raise PatchError(f"{unfit}: no corresponding type for {version}, Kind={typed.kind}")
    found = complaints(given, schema)
    if found:
        raise PatchError(f"{unfit}: {listed(found)}")
    whole = atomic_parts(given, schema)
    if whole:
        said = "may not mutate atomic arrays, maps or structs"
        raise PatchError(f"invalid ApplyConfiguration: {said}: {', '.join(whole)}")
