"""OpenAPI of custom kinds: what a definition changes of it, and what that costs."""

from __future__ import annotations

import json
import time
from typing import Any

from drakkar.apiserver.custom.form import form_of
from drakkar.apiserver.http import openapi
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry

Object = dict[str, Any]


def kind(number: int, **fields: Any) -> Kind:
    """A custom kind in a group of its own."""
    group, name = f"g{number}.example.com", f"K{number}"
    source = {"type": "object", "properties": fields}
    form = form_of(source, group, "v1", name, f"{name}List", ())
    return Kind(group, "v1", f"k{number}s", name, True, form=form)


def hashes(served: Registry) -> dict[str, str]:
    """What the index says of each group version."""
    found: Object = json.loads(openapi.index(served)[0])["paths"]
    return {path: one["serverRelativeURL"] for path, one in found.items()}


def test_a_definition_changes_the_document_of_its_group_alone() -> None:
    served = registry()
    first, other = kind(0, a={"type": "string"}), kind(1)
    served.change((), (first, other))
    before, tag = hashes(served), openapi.index(served)[1]
    served.change((first,), (kind(0, a={"type": "integer"}),))
    after = hashes(served)
    assert {path for path in after if after[path] != before[path]} == {"apis/g0.example.com/v1"}
    assert openapi.index(served)[1] != tag
    _, of_document = openapi.document(served, "apis/g0.example.com/v1")
    assert of_document.strip('"') in after["apis/g0.example.com/v1"]


def test_the_index_is_linear_in_the_number_of_groups() -> None:
    def seconds(count: int) -> float:
        served = registry()
        served.change((), [kind(number) for number in range(count)])
        began = time.thread_time()
        openapi.index(served)
        return time.thread_time() - began

    few = min(seconds(100) for _ in range(3))
    assert seconds(800) < 25 * few


def test_what_is_made_while_the_kinds_change_is_not_kept() -> None:
    served = registry()

    def made() -> int:
        served.change((), (kind(0),))
        return 1

    assert served.derived("x", made) == 1
    assert served.derived("x", lambda: 2) == 2
