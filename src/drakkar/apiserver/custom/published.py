"""The schema of a custom kind as OpenAPI shows it, and as patches read it: with what every object has."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.schema import schemas

# Any kind of its own will do for what is said of what all have.
_SAMPLE = "io.k8s.api.core.v1.ConfigMap"


def _type_meta() -> Object:
    """The fields that say what an object is."""
    return {
        name: {"description": schemas.description(_SAMPLE, name), "type": "string"}
        for name in ("apiVersion", "kind")
    }


def type_name(group: str, version: str, kind: str) -> str:
    """The name of a custom kind's type, which begins with the group from its end."""
    return f"{'.'.join(reversed(group.split('.')))}.{version}.{kind}"


def published(schema: Schema | None, group: str, version: str, kind: str) -> Object:
    """The JSON schema of an object; a kind without a schema is any object."""
    gvk = {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}
    if schema is None:
        return {"type": "object", **gvk}
    return {**_with_meta(_shown(schema)), **gvk}


def _shown(schema: Schema) -> Object:
    """A schema, the metadata of embedded objects added."""
    made: dict[str, Any] = dict(schema.source)
    if schema.properties:
        made["properties"] = {name: _shown(child) for name, child in schema.properties.items()}
    if schema.items is not None:
        made["items"] = _shown(schema.items)
    if schema.values is not None:
        made["additionalProperties"] = _shown(schema.values)
    return _with_meta(made) if schema.embedded else made


def _with_meta(schema: Object) -> Object:
    metadata = {
        "description": schemas.description(_SAMPLE, "metadata"),
        "allOf": [{"$ref": f"#/definitions/{schemas.OBJECT_META}"}],
    }
    return {
        **schema,
        "properties": {**(schema.get("properties") or {}), **_type_meta(), "metadata": metadata},
    }


def published_list(name: str, group: str, version: str, list_kind: str) -> Object:
    """The JSON schema of a list of objects whose type has this name."""
    return {
        "description": f"{list_kind} is a list of {name.rsplit('.', 1)[-1]}",
        "type": "object",
        "required": ["items"],
        "properties": {
            **_type_meta(),
            "items": {
                "description": f"List of {name.rsplit('.', 1)[-1].lower()}s.",
                "type": "array",
                "items": {"$ref": f"#/definitions/{name}"},
            },
            "metadata": {
                "description": schemas.description(f"{_SAMPLE}List", "metadata"),
                "allOf": [{"$ref": f"#/definitions/{schemas.LIST_META}"}],
            },
        },
        "x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": list_kind}],
    }
