"""kubectl's annotation of what it applied, once the server applies for it."""

from __future__ import annotations

import json
from typing import Any

from drakkar.apiserver.patch.last_applied import brought_up_to_date

NAME = "kubectl.kubernetes.io/last-applied-configuration"
CONFIGURATION: dict[str, Any] = {
    "kind": "ConfigMap",
    "apiVersion": "v1",
    "metadata": {"name": "a", "annotations": {NAME: "old", "b": "c"}},
    "data": {"x": "<&>"},
}


def _object(*annotations: str) -> dict[str, Any]:
    return {"metadata": {"name": "a", "annotations": dict.fromkeys(annotations, "old")}}


def test_it_is_what_was_applied_in_gos_json() -> None:
    found = brought_up_to_date(_object(NAME, "z"), CONFIGURATION, "kubectl")["metadata"]["annotations"]
    assert found["z"] == "old"
    assert found[NAME] == (
        '{"apiVersion":"v1","data":{"x":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap",'
        '"metadata":{"annotations":{"b":"c"},"name":"a"}}\n'
    )
    assert json.loads(found[NAME])["data"] == CONFIGURATION["data"]


def test_who_has_none_gets_none_and_other_managers_leave_it() -> None:
    assert brought_up_to_date(_object("z"), CONFIGURATION, "kubectl") == _object("z")
    assert brought_up_to_date(_object(NAME), CONFIGURATION, "helm") == _object(NAME)


def test_one_that_would_be_too_long_is_taken_away() -> None:
    long = {**CONFIGURATION, "data": {"x": "y" * 300_000}}
    assert brought_up_to_date(_object(NAME, "z"), long, "kubectl")["metadata"]["annotations"] == {"z": "old"}
