"""What OpenAPI v2 says of custom kinds, which kubectl holds its input to: what the original publishes is what ours does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Asked, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PATIENCE_S = 40.0
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_SCHEMAS: dict[str, Object] = {
    "plain": {"properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}}},
    "open": {_PRESERVE: True},
    "open-below": {
        "properties": {
            "spec": {"type": "object", _PRESERVE: True, "properties": {"a": {"type": "string"}}},
            "list": {"type": "array", "items": {"type": "object", _PRESERVE: True}},
            "any": {_PRESERVE: True},
        }
    },
    "nullable": {
        "properties": {
            "spec": {
                "type": "object",
                "required": ["a", "b"],
                "properties": {
                    "a": {"type": "string", "nullable": True},
                    "b": {"type": "object", "nullable": True, "properties": {"c": {"type": "string"}}},
                    "nullable": {"type": "string"},
                },
            }
        }
    },
    "embedded": {
        "properties": {
            "whole": {"type": "object", "x-kubernetes-embedded-resource": True, _PRESERVE: True},
            "shown": {
                "type": "object",
                "x-kubernetes-embedded-resource": True,
                "properties": {"spec": {"type": "object"}},
            },
        }
    },
    "junctors": {
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "oneOf": {"type": "string"},
                    "b": {"type": "string"},
                    "port": {"x-kubernetes-int-or-string": True},
                },
                "oneOf": [{"required": ["oneOf"]}, {"required": ["b"]}],
                "not": {"required": ["port"]},
            },
            "map": {"type": "object", "additionalProperties": {"type": "integer", "format": "int32"}},
        }
    },
}


def _definition(name: str, schema: Object) -> Object:
    plural = name.replace("-", "") + "s"
    kind = name.title().replace("-", "")
    return {
        "metadata": {"name": f"{plural}.openapi.example.com"},
        "spec": {
            "group": "openapi.example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": plural[:-1], "kind": kind, "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", **schema}},
                }
            ],
        },
    }


async def _published(server: Asked) -> dict[str, Object]:
    for name, schema in _SCHEMAS.items():
        made = await server.ask("POST", _DEFINITIONS, _definition(name, schema))
        assert made.code == 201, made.body
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    while True:
        found = (await server.ask("GET", "/openapi/v2")).body["definitions"]
        custom = {name: one for name, one in found.items() if name.startswith("com.example.openapi.")}
        if len(custom) == 2 * len(_SCHEMAS):
            return custom
        assert loop.time() < end, sorted(custom)
        await asyncio.sleep(0.5)


def _without_words(node: Any) -> Any:
    """A schema less the descriptions of fields of embedded objects, which ours has from the objects themselves."""
    if not isinstance(node, dict):
        return node
    made = {key: _without_words(value) for key, value in node.items()}
    if made.get("x-kubernetes-embedded-resource"):
        made["properties"] = {
            name: {k: v for k, v in field.items() if k != "description"}
            for name, field in made.get("properties", {}).items()
        }
    return made


async def _compare(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    async with both(directory, *programs) as servers:
        theirs, ours = await asyncio.gather(*map(_published, servers))
    assert theirs.keys() == ours.keys()
    return [
        f"{name}\n    theirs {theirs[name]}\n    ours   {ours[name]}"
        for name in theirs
        if _without_words(theirs[name]) != _without_words(ours[name])
    ]


def test_custom_kinds_as_kubectl_is_told_of_them(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_compare(tmp_path, (apiserver_137, etcd)))
    assert not found, "\n".join(found)
