"""What comes of JSON patches: of each operation, of values of all types, and of what cannot be done."""

from __future__ import annotations

from .mutating_scene import MutatingScene, operations, patch, pod, scene
from .policy_scene import CONFIGS, DRY, Request, labelled


def _add(value: str) -> str:
    return f"op: 'add', path: '/data', value: {value}"


_DATA = _add("{'a': '1', 'b': '2'}")
_DONE: dict[str, tuple[str, ...]] = {
    "none": (),
    "add": (_DATA,),
    "add-key": (_DATA, "op: 'add', path: '/data/c', value: '3'"),
    "add-over": (_DATA, "op: 'add', path: '/data/a', value: '3'"),
    "add-escaped": (
        _DATA,
        "op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('x.y/z~w'), value: 'v'",
    ),
    "add-slash": ("op: 'add', path: '/metadata/labels/x~1y', value: 'v'",),
    "add-nowhere": ("op: 'add', path: '/binaryData/a', value: ''",),
    "add-below-text": (_DATA, "op: 'add', path: '/data/a/b', value: '3'"),
    "add-nothing": (_DATA, "op: 'add', path: '/data/a'"),
    "add-unknown": ("op: 'add', path: '/nothing', value: 'x'",),
    "add-unknown-deep": ("op: 'add', path: '/metadata/nothing', value: 'x'",),
    "replace": (_DATA, "op: 'replace', path: '/data/a', value: '3'"),
    "replace-none": (_DATA, "op: 'replace', path: '/data/c', value: '3'"),
    "replace-nowhere": ("op: 'replace', path: '/binaryData/c', value: '3'",),
    "remove": (_DATA, "op: 'remove', path: '/data/a'"),
    "remove-none": (_DATA, "op: 'remove', path: '/data/c'"),
    "remove-nowhere": ("op: 'remove', path: '/binaryData/c'",),
    "remove-labels": ("op: 'remove', path: '/metadata/labels'",),
    "move": (_DATA, "op: 'move', from: '/data/a', path: '/data/c'"),
    "move-none": (_DATA, "op: 'move', from: '/data/x', path: '/data/c'"),
    "move-nothing": (_DATA, "op: 'move', path: '/data/c'"),
    "copy": (_DATA, "op: 'copy', from: '/data/a', path: '/data/c'"),
    "copy-nowhere": ("op: 'copy', from: '/binaryData/a', path: '/immutable'",),
    "test": (_DATA, "op: 'test', path: '/data/a', value: '1'"),
    "test-failed": (_DATA, "op: 'test', path: '/data/a', value: '2'"),
    "test-type": (_DATA, "op: 'test', path: '/data/a', value: 1"),
    "test-none": (_DATA, "op: 'test', path: '/data/c', value: '2'"),
    "test-nowhere": ("op: 'test', path: '/binaryData/c', value: '2'",),
    "test-null": (_DATA, "op: 'test', path: '/data/c', value: null"),
    "test-null-there": (_DATA, "op: 'test', path: '/data/a', value: null"),
    "test-nothing": (_DATA, "op: 'test', path: '/data/a'"),
    "test-map": (_DATA, "op: 'test', path: '/data', value: {'b': '2', 'a': '1'}"),
    "no-operation": ("op: 'nothing', path: '/data'",),
    "no-op": ("path: '/data', value: {}",),
    "no-slash": ("op: 'add', path: 'data', value: {'a': 'b'}",),
    "name": ("op: 'replace', path: '/metadata/name', value: 'other'",),
    "label-bad": ("op: 'add', path: '/metadata/labels/x', value: '***'",),
    "object": ("op: 'add', path: '/metadata/annotations', value: Object.metadata.annotations{a: 'b'}",),
    "object-root": ("op: 'add', path: '/data', value: Object{a: 'b'}",),
    "object-misnamed": ("op: 'add', path: '/data', value: Object.data{a: Object.other{}}",),
    "value-from-object": ("op: 'add', path: '/data', value: object.metadata.labels",),
    "value-int": (_add("1"),),
    "value-list": (_add("['a']"),),
    "value-text": (_add("'a'"),),
    "value-null": (_add("null"),),
    "value-empty": (_add("{}"),),
    "value-mixed": (_add("{'a': dyn('x'), 'b': 1}"),),
    "value-bool": ("op: 'add', path: '/immutable', value: true",),
    "value-bool-text": ("op: 'add', path: '/immutable', value: 'true'",),
    "value-bytes": ("op: 'add', path: '/binaryData', value: {'a': b'abc'}",),
    "value-time": (_add("{'a': timestamp('2020-01-01T00:00:00Z')}"),),
    "value-duration": (_add("{'a': duration('90s')}"),),
    "value-uint": ("op: 'add', path: '/metadata/generation', value: 7u",),
    "value-double": ("op: 'add', path: '/metadata/generation', value: 7.5",),
    "value-whole-double": ("op: 'add', path: '/metadata/generation', value: 7.0",),
    "value-type": (_add("{'a': type(1)}"),),
    "value-optional": (_add("{?'a': optional.of('x'), ?'b': optional.none()}"),),
    "value-keys": (_add("{1: 'a'}"),),
    "value-large": ("op: 'add', path: '/metadata/generation', value: 9007199254740993",),
    "failed": (_add("{'a': object.nothing}"),),
    "path-computed": (_DATA, "op: 'add', path: '/data/' + object.metadata.name, value: '1'"),
}
_ENV = "/spec/containers/0/env"
_PODS: dict[str, tuple[str, ...]] = {
    "append": (f"op: 'add', path: '{_ENV}/-', value: {{'name': 'C', 'value': '3'}}",),
    "append-object": (
        f"op: 'add', path: '{_ENV}/-', value: Object.spec.containers.env{{name: 'C', value: '3'}}",
    ),
    "insert": (f"op: 'add', path: '{_ENV}/0', value: {{'name': 'C', 'value': '3'}}",),
    "insert-far": (f"op: 'add', path: '{_ENV}/9', value: {{'name': 'C', 'value': '3'}}",),
    "insert-text": (f"op: 'add', path: '{_ENV}/x', value: {{'name': 'C', 'value': '3'}}",),
    "delete": (f"op: 'remove', path: '{_ENV}/0'",),
    "delete-far": (f"op: 'remove', path: '{_ENV}/2'",),
    "put": (f"op: 'replace', path: '{_ENV}/1', value: {{'name': 'C', 'value': '3'}}",),
    "put-far": (f"op: 'replace', path: '{_ENV}/2', value: {{'name': 'C', 'value': '3'}}",),
    "default-seen": (
        "op: 'test', path: '/spec/restartPolicy', value: 'Always'",
        f"op: 'remove', path: '{_ENV}'",
    ),
    "quantity": ("op: 'replace', path: '/spec/containers/0/resources/limits/cpu', value: 2",),
    "quantity-bad": ("op: 'replace', path: '/spec/containers/0/resources/limits/cpu', value: 'x'",),
    "selector": ("op: 'add', path: '/spec/nodeSelector', value: {'a': 'b'}",),
    "int-bad": ("op: 'add', path: '/spec/activeDeadlineSeconds', value: '5'",),
    "item-unknown": ("op: 'add', path: '/spec/containers/0/nothing', value: 1",),
    "containers-none": ("op: 'remove', path: '/spec/containers'",),
}


def patched() -> dict[str, MutatingScene]:
    scenes: dict[str, MutatingScene] = {}
    for what, parts in _DONE.items():
        name = f"patch-{what}"
        # The patch of nothing has a type all the same.
        change = operations(*parts) if parts else patch("[JSONPatch{}].filter(p, false)")
        scenes |= scene(name, [change], [Request("POST", CONFIGS + DRY, labelled(name))])
    for what, parts in _PODS.items():
        name = f"podded-{what}"
        scenes |= scene(name, [operations(*parts)], [pod(name)])
    return scenes
