from __future__ import annotations

import json
from pathlib import Path

import pytest

from drakkar.planner import InputError, World
from drakkar.sources.documents import parse, read

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("---\n---\n# nothing\n", []),
        (POD, ["a"]),
        (POD + "---\n" + POD.replace("name: a", "name: b"), ["a", "b"]),
        ('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}}', ["j"]),
        ("{apiVersion: v1, kind: Pod, metadata: {name: flow}}", ["flow"]),
        ('[{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}}]', ["j"]),
        (json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}}]}), ["p"]),
        ("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: l}}\n", ["l"]),
        ("apiVersion: v1\nkind: List\nitems: null\n", []),
    ],
)
def test_documents_of_every_form_are_read(text: str, names: list[str]) -> None:
    found = parse(text, "f")
    assert [source.obj["metadata"]["name"] for source in found] == names
    assert all(source.obj["kind"] == "Pod" for source in found)


def test_what_looks_like_a_date_stays_text() -> None:
    [source] = parse(POD + "  x: 2026-01-01T00:00:00Z\n".replace("  x", "when"), "f")
    assert source.obj["when"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (POD + "---\nfoo: [1,\n", "f, document 2: not YAML: line "),
        (POD + "---\njust text\n", "f, document 2: want a Kubernetes object, found str"),
        ("metadata: {name: a}\n", "f, document 1: kind is missing"),
        ("kind: Pod\n", "f, document 1: apiVersion is missing"),
        (
            "apiVersion: v1\nkind: List\nitems: [{kind: Pod}]\n",
            "f, document 1, item 1: apiVersion is missing",
        ),
        ("\tkind: Pod\n", "f, document 1: not YAML: line 1"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_document(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text, "f")
    assert raised.value.problems[0].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {}\n", "`name`"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "`spec`"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: x}\n",
            "(Pod default/a): Expected `array`",
        ),
        (
            "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a}\n"
            "spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, allocationMode: Some}}]}}\n",
            "spec.devices.requests[0].exactly.allocationMode: Unsupported value",
        ),
        (
            "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\n"
            "spec: {selectors: [{cel: {expression: 'device.'}}]}\n",
            "spec.selectors[0].cel.expression: Invalid value",
        ),
        (
            "apiVersion: resource.k8s.io/v1alpha2\nkind: ResourceClaim\nmetadata: {name: a}\n",
            "want resource.k8s.io/v1",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
            "spec: {containers: [{resources: {requests: {cpu: lots}}}]}\n",
            "is not a quantity",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
            "spec: {replicas: 1000000000, template: {spec: {}}}\n",
            "wants 1000000000 pods",
        ),
    ],
)
def test_an_object_that_no_server_would_take_is_left_out_with_its_place(text: str, message: str) -> None:
    made = World(parse(POD.replace("name: a", "name: first") + "---\n" + text, "some.yaml"))
    assert [one.name for one in made.pods] == ["first"]
    [problem] = made.faults.of_files()
    assert message in problem
    assert problem.startswith("some.yaml, document 2")


def test_files_directories_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(POD.replace("name: a", "name: b"))
    (tmp_path / "a.json").write_text('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}')
    (tmp_path / "notes.txt").write_text("no objects")
    assert [source.obj["metadata"]["name"] for source in read([tmp_path])] == ["a", "b"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as raised:
        read([tmp_path / "nowhere.yaml", tmp_path / "empty", tmp_path / "binary.yaml"])
    missing, empty, binary = raised.value.problems
    assert "nowhere.yaml: No such file" in missing
    assert "no .yaml, .yml, .json file" in empty
    assert "not UTF-8" in binary


def _nested(depth: int) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "x": 1}).replace(
        "1}", "[" * depth + "]" * depth + "}"
    )


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("[" * 100_000, 1),
        (_nested(3000), 1),
        (_nested(300), 1),
        (POD + "---\n" + "- " * 300 + "x\n", 2),
        (POD + "x: &a [*a]\n", 1),
        (POD + "---\n" + "[" * 900 + "]" * 900, 2),
    ],
)
def test_what_is_nested_too_deep_is_one_error(text: str, document: int) -> None:
    with pytest.raises(InputError) as raised:
        parse(text, "f")
    assert raised.value.problems == [f"f, document {document}: nested more than 220 deep"]


def test_what_is_too_deep_for_the_reader_of_yaml_is_told_with_its_line() -> None:
    with pytest.raises(InputError) as raised:
        parse(POD + "---\n" + "{a: " * 100_000, "f")
    (problem,) = raised.value.problems
    assert problem.startswith("f, document 2: not YAML: line 6, column ") and "depth" in problem


def test_what_an_object_may_hold_is_read() -> None:
    assert len(parse(_nested(199), "f")) == 1
    # A short text that stands for two to the power of 60 leaves.
    lines = ["x0: &x0 [1]"] + [f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}]" for i in range(1, 60)]
    assert len(parse(POD + "\n".join(lines), "f")) == 1
