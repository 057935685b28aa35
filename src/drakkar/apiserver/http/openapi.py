"""OpenAPI v3 of what is served: an index, and a document for each group version, made from the API's schemas."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

import drakkar
from drakkar.api.kubernetes_version import GIT_VERSION
from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.enums import enums

_REFERENCE = "#/components/schemas/"
# What a kind weighs in the index, and its schema in a document, by what it weighs for an object.
_KIND, _SCHEMA = 64, 8
_ACTIONS = {"create": "post", "update": "put"}
_WRITES = {"post": "create", "put": "update", "patch": "patch"}
_PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_PATCH_TYPE = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_ANSWERS = {"description": "OK"}
_NAMES = {
    "fieldValidation": "What to do with unknown and duplicate fields: Ignore, Warn or Strict.",
    "fieldManager": "The name of the actor that makes the change.",
    "dryRun": "With All nothing is stored.",
}


def paths(kinds: Registry) -> tuple[str, ...]:
    """The index's keys: `api/v1`, `apis/apps/v1` and so on."""
    return tuple(_path(group, version) for group, versions in kinds.groups().items() for version in versions)


def _path(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def weight(kinds: Registry, path: str = "") -> int:
    """How much work a document is, or the index."""
    if not path:
        return sum(_KIND for _ in kinds)
    return sum(_SCHEMA * kind.form.weight for kind in _by_path(kinds).get(path, ()) if kind.form is not None)


def index(kinds: Registry) -> tuple[bytes, str]:
    """The index as JSON, and its entity tag."""
    return kinds.derived("openapi", lambda: _index(kinds))


def _index(kinds: Registry) -> tuple[bytes, str]:
    hashes = {path: _hash(path, found) for path, found in _by_path(kinds).items()}
    entries = {
        path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={hashes[path]}"} for path in paths(kinds)
    }
    return msgspec.json.encode({"paths": entries}), f'"{_digest(list(hashes.items()))}"'


def _by_path(kinds: Registry) -> dict[str, list[Kind]]:
    """The kinds of each group version."""
    found: dict[str, list[Kind]] = {}
    for kind in kinds:
        found.setdefault(_path(kind.group, kind.version), []).append(kind)
    return found


def _hash(path: str, kinds: Sequence[Kind]) -> str:
    # Of what a document is made from rather than of the document, which is made only when it is asked for.
    forms = [kind.form.digest for kind in kinds if kind.form is not None]
    return _digest((drakkar.__version__, schemas.VERSION, path, kinds, forms))


def _digest(made_from: Any) -> str:
    return hashlib.sha256(repr(made_from).encode()).hexdigest().upper()


def document(kinds: Registry, path: str) -> tuple[bytes, str]:
    """The document of a group version as JSON, and its entity tag; KeyError for one that is not served."""
    if path not in paths(kinds):
        raise KeyError(path)
    return kinds.derived(("openapi", path), lambda: _document(kinds, path))


def _document(kinds: Registry, path: str) -> tuple[bytes, str]:
    described: Object = {}
    mine = _by_path(kinds)[path]
    for kind in mine:
        described |= _operations(path, kind)
    made = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": GIT_VERSION},
        "paths": described,
        "components": {"schemas": {name: _with_enums(name, node) for name, node in types(mine).items()}},
    }
    return msgspec.json.encode(made), f'"{_hash(path, mine)}"'


def types_by_path(kinds: Registry) -> Iterator[dict[str, Object]]:
    """The types of each group version, in the order of the index."""
    found = _by_path(kinds)
    return (types(found[path]) for path in paths(kinds))


def types(kinds: Sequence[Kind]) -> dict[str, Object]:
    """The types of the kinds of a group version and of all that they are made of, by their full names."""
    names: dict[str, None] = {}
    custom: dict[str, Mapping[str, Any]] = {}
    for kind in kinds:
        if kind.form is not None:
            custom |= {
                kind.form.type_name: kind.form.published,
                kind.form.list_name: kind.form.published_list,
            }
            _collect(schemas.OBJECT_META, names)
            _collect(schemas.LIST_META, names)
            _collect(_DELETE_OPTIONS, names)
        for wanted in (kind.kind, f"{kind.kind}List"):
            name = schemas.definition_name(kind.group, kind.version, wanted)
            if name:
                _collect(name, names)
        for sub in kind.subresources:
            name = schemas.definition_name(sub.group, sub.version, sub.kind)
            if name:
                _collect(name, names)
    _collect(_PATCH_TYPE, names)
    found = {name: _converted(node) for name, node in custom.items()}
    found |= {name: _built_in(schemas.definitions()[name]) for name in names}
    return dict(sorted(found.items()))


def _built_in(node: Mapping[str, Any]) -> Object:
    """A type of the API itself, of which the original does not say that it has one kind and one version."""
    made: Object = _converted(node)
    for field in ("apiVersion", "kind"):
        made.get("properties", {}).get(field, {}).pop("enum", None)
    return made


def _with_enums(name: str, node: Object) -> Object:
    for field, values in enums(name).items():
        described: Object = node["properties"][field.removesuffix("[]")]
        if field.endswith("[]"):
            (described.get("items") or described["additionalProperties"])["enum"] = values
            continue
        described["enum"] = values
        listed = "\n".join(f" - `{msgspec.json.encode(value).decode()}`" for value in values)
        described["description"] = (
            f"{described.get('description', '')}\n\nPossible enum values:\n{listed}".lstrip()
        )
    return node


def _collect(name: str, found: dict[str, None]) -> None:
    waiting = [name]
    while waiting:
        one = waiting.pop()
        node = schemas.definitions().get(one)
        if one in found or node is None:
            continue
        found[one] = None
        waiting.extend(_references(node))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.rsplit("/", 1)[-1]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _converted(node: Any) -> Any:
    """A JSON schema node in OpenAPI 3.0: a type that may be null is the type, a reference stands in allOf."""
    if isinstance(node, list):
        return [_converted(value) for value in node]
    if not isinstance(node, Mapping):
        return node
    made: Object = {}
    for key, value in node.items():
        if key == "type" and isinstance(value, list):
            types = [one for one in value if one != "null"]
            made["type"] = types[0]
        elif key == "properties" and isinstance(value, Mapping):
            made["properties"] = {name: _converted(child) for name, child in value.items()}
        elif key in ("items", "additionalProperties", "oneOf", "anyOf", "allOf", "not"):
            made[key] = _converted(value)
        elif key == "enum" and isinstance(value, list):
            made["enum"] = [one for one in value if one is not None]
        elif key != "$ref":
            made[key] = value
    reference = node.get("$ref")
    if isinstance(reference, str):
        target = {"$ref": _REFERENCE + reference.rsplit("/", 1)[-1]}
        if not made:
            return target
        made["allOf"] = [target]
        made.setdefault("default", {})
    return made


def _operations(path: str, kind: Kind) -> Object:
    namespaced = f"/{path}/namespaces/{{namespace}}" if kind.namespaced else f"/{path}"
    collection = f"{namespaced}/{kind.plural}"
    found: Object = {}
    reads, writes = {"get": "list"}, {"post": "create", "delete": "deletecollection"}
    found[collection] = _methods(kind, {**reads, **writes})
    single = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
    found[f"{collection}/{{name}}"] = _methods(kind, single)
    if kind.status:
        methods = {m: v for m, v in single.items() if v != "delete"}
        found[f"{collection}/{{name}}/status"] = _methods(kind, methods)
    if kind.form is not None and kind.subresource("scale") is not None:
        methods = {m: v for m, v in single.items() if v != "delete"}
        found[f"{collection}/{{name}}/scale"] = _methods(kind, methods)
    if kind.namespaced:
        found[f"/{path}/{kind.plural}"] = _methods(kind, {"get": "list"})
    return {place: methods for place, methods in found.items() if methods}


def _methods(kind: Kind, wanted: Mapping[str, str]) -> Object:
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    name = schemas.definition_name(kind.group, kind.version, kind.kind)
    patches: tuple[str, ...] = _PATCH_TYPES
    if kind.form is not None:
        name, patches = kind.form.type_name, _PATCH_TYPES[:-1]
    found: Object = {}
    for method, verb in wanted.items():
        if verb not in kind.verbs:
            continue
        operation: Object = {
            "operationId": f"{verb}{kind.version.capitalize()}{kind.kind}",
            "responses": {"200": dict(_ANSWERS)},
            "x-kubernetes-action": _ACTIONS.get(verb, verb),
            "x-kubernetes-group-version-kind": gvk,
        }
        if method in _WRITES:
            operation["parameters"] = [
                {"name": one, "in": "query", "description": text, "schema": {"type": "string"}}
                for one, text in _NAMES.items()
            ]
        if method == "patch":
            content = {media: {"schema": {"$ref": _REFERENCE + _PATCH_TYPE}} for media in patches}
            operation["requestBody"] = {"content": content, "required": True}
        elif method in _WRITES and name:
            operation["requestBody"] = {"content": {"*/*": {"schema": {"$ref": _REFERENCE + name}}}}
        found[method] = operation
    return found
