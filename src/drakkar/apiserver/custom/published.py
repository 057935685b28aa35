"""The schema of a custom kind as OpenAPI shows it, and as patches read it: with what every object has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.schema import schemas

# Any kind of its own will do for what is said of what all have.
_SAMPLE = "io.k8s.api.core.v1.ConfigMap"
_SAMPLE_LIST = "io.k8s.api.core.v1.PodList"
_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"


def _type_meta() -> Object:
    """The fields that say what an object is."""
    return {
        name: {"description": schemas.description(_SAMPLE, name), "type": "string"}
        for name in ("apiVersion", "kind")
    }


def type_name(group: str, version: str, kind: str) -> str:
    """The name of a custom kind's type, which begins with the group from its end."""
    return f"{'.'.join(reversed(group.split('.')))}.{version}.{kind}"


def published(schema: Schema, group: str, version: str, kind: str, selectable: Iterable[str] = ()) -> Object:
    """The JSON schema of an object, which can be selected by the `selectable` fields."""
    gvk = {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}
    made = {**_with_meta(_shown(schema)), **gvk}
    fields = [{"fieldPath": field} for field in selectable]
    return {**made, "x-kubernetes-selectable-fields": fields} if fields else made


def _shown(schema: Schema) -> Object:
    """A schema, the metadata of embedded objects added."""
    made: dict[str, Any] = dict(schema.source)
    if schema.properties:
        made["properties"] = {name: _shown(child) for name, child in schema.properties.items()}
    if schema.items is not None:
        made["items"] = _shown(schema.items)
    if schema.values is not None:
        made["additionalProperties"] = _shown(schema.values)
    if schema.int_or_string and not schema.any_of and not any(one.any_of for one in schema.all_of[:1]):
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if not schema.embedded:
        return made
    return {**_with_meta(made), "required": [*schema.required, "kind", "apiVersion"]}


def _with_meta(schema: Object) -> Object:
    metadata = {
        "description": schemas.description(_SAMPLE, "metadata"),
        "allOf": [{"$ref": f"#/definitions/{schemas.OBJECT_META}"}],
    }
    return {
        **schema,
        "properties": {**(schema.get("properties") or {}), **_type_meta(), "metadata": metadata},
    }


def published_list(name: str, one: Object, group: str, version: str, list_kind: str) -> Object:
    """The JSON schema of a list of objects whose type has this name and is published as `one`."""
    selectable = "x-kubernetes-selectable-fields"
    return {
        "description": f"{list_kind} is a list of {name.rsplit('.', 1)[-1]}",
        "type": "object",
        "required": ["items"],
        "properties": {
            **_type_meta(),
            "items": {
                "description": f"List of {name.rsplit('.', 1)[-1].lower()}s. More info: {_CONVENTIONS}",
                "type": "array",
                "items": {"$ref": f"#/definitions/{name}"},
            },
            "metadata": {
                "description": schemas.description(_SAMPLE_LIST, "metadata"),
                "allOf": [{"$ref": f"#/definitions/{schemas.LIST_META}"}],
            },
        },
        "x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": list_kind}],
        **({selectable: one[selectable]} if selectable in one else {}),
    }
