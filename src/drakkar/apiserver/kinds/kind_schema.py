"""What is read of a kind's schema, wherever it comes from: that of the whole API, or the definition of a custom kind."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.custom.declared import complaints
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.patch.managed_fields import ALWAYS, Held
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.wire import decoding
from drakkar.apiserver.wire.decoding import Declared


def node(kind: Kind) -> SchemaNode:
    """The schema of the kind's objects, as patches read it."""
    return kind.form.node if kind.form is not None else schemas.schema(kind.group, kind.version, kind.kind)


def fit(kind: Kind, obj: Object) -> tuple[Object, list[str]]:
    """The object as its schema allows it, and the paths of what it does not know; raises WrongTypeError."""
    if kind.form is not None:
        return kind.form.fit(obj)
    return decoding.fit(kind.group, kind.version, kind.kind, obj)


def declared(kind: Kind, wanted: Object) -> Declared:
    """A configuration that is to be applied, and what in it is not declared; raises WrongTypeError."""
    if kind.form is not None:
        return Declared(wanted, complaints(wanted, kind.form.node), False)
    found = decoding.declared(kind.group, kind.version, kind.kind, wanted)
    return found._replace(unknown=[f".{path}: field not declared in schema" for path in found.unknown])


def held(kind: Kind, subresource: str) -> Held:
    """How the kind's objects are held, for who writes a part of them."""
    if kind.form is not None:
        return Held(as_sent=True, status_apart=kind.status)
    return Held(status_apart=False) if subresource in kind.strategy.parts_claim else ALWAYS
