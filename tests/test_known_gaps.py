"""docs/known-gaps.md is true: what is served and not acted on stands there, and what stands there is not acted on."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from drakkar.api.gates import TABLE
from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.schema.schemas import schema
from drakkar.client import NotFoundError
from drakkar.testing import MemoryApi

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "drakkar"
PAGE = (ROOT / "docs" / "known-gaps.md").read_text()

# The rooms that act on a kind. What only checks, fills in, converts or shows an object does not act on it.
POD_ROOMS = (
    "allocator",
    "api/pod_claims.py",
    "apiserver/admission",
    "controllers",
    "kubelet",
    "placement",
    "scheduler",
)
DEVICES = (
    "allocator",
    "api/extended_resources.py",
    "cel",
    "controllers/claims",
    "kubelet/devices",
    "scheduler",
)
WORKLOADS = ("api/selectors.py", "controllers")
ROOMS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("", "v1", "Pod"): POD_ROOMS,
    ("", "v1", "Service"): ("apiserver/admission", "controllers", "kubelet"),
    ("", "v1", "Node"): ("controllers", "kubelet", "placement", "scheduler"),
    ("", "v1", "Namespace"): ("controllers",),
    ("apps", "v1", "Deployment"): WORKLOADS,
    ("apps", "v1", "ReplicaSet"): WORKLOADS,
    ("apps", "v1", "DaemonSet"): WORKLOADS,
    ("batch", "v1", "Job"): WORKLOADS,
    ("resource.k8s.io", "v1", "DeviceClass"): DEVICES,
    ("resource.k8s.io", "v1", "ResourceClaim"): DEVICES,
    ("resource.k8s.io", "v1", "ResourceSlice"): DEVICES,
}
# Fields that are read, though not by their names.
READ_OTHERWISE = {
    "spec.containers.livenessProbe": "the name is put together in kubelet/pods/containers.py",
    **{
        f"spec.affinity.{one}.preferredDuringSchedulingIgnoredDuringExecution": "api/core.py, by a struct"
        for one in ("nodeAffinity", "podAffinity", "podAntiAffinity")
    },
    **{
        f"spec.affinity.{one}.requiredDuringSchedulingIgnoredDuringExecution.{keys}": "api/label_keys.py, when a pod is made"
        for one in ("podAffinity", "podAntiAffinity")
        for keys in ("matchLabelKeys", "mismatchLabelKeys")
    },
    "spec.selector.matchExpressions": "api/selectors.py, by a struct",
    "spec.devices.config.opaque.parameters": "handed on whole, to the driver",
    "spec.config.opaque.parameters": "handed on whole, to the driver",
}
# Names that Kubernetes gives a field twice, or that are read for a list of containers by the same code.
ALIKE = ("spec.initContainers", "spec.ephemeralContainers.")


def rows(title: str) -> list[list[str]]:
    """The cells of the table of a section, without its head."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named_fields(kind: str) -> dict[str, bool]:
    """The fields of a kind in the table, and whether each is marked as one whose name is read for another."""
    return {
        path: bool(mark)
        for name, fields, _ in rows("Fields")
        if name == kind
        for path, mark in re.findall(r"`([^`]+)`(†?)", fields)
    }


@functools.cache
def renamed() -> dict[str, str]:
    """The attributes of structs that stand for a field of another name, such as `host_pid` for hostPID."""
    return {
        line.target.id: keyword.value.value
        for file in (SOURCE / "api").glob("*.py")
        for line in ast.walk(ast.parse(file.read_text()))
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        for keyword in getattr(line.value, "keywords", ())
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }


def _words(tree: ast.AST) -> Iterator[str]:
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, *rest = node.attr.strip("_").split("_")
            yield renamed().get(node.attr, first + "".join(word.title() for word in rest))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from () if " " in node.value else re.findall(r"[A-Za-z0-9]+", node.value)


@functools.cache
def read_in(rooms: tuple[str, ...]) -> frozenset[str]:
    """Every name that code in the rooms takes hold of: in texts that are no sentences, and as attributes of structs."""
    files = [
        file
        for room in rooms
        for file in ([SOURCE / room] if room.endswith(".py") else sorted((SOURCE / room).rglob("*.py")))
    ]
    return frozenset(word for file in files for word in _words(ast.parse(file.read_text())))


def fields(node: SchemaNode, path: str = "", above: tuple[int, ...] = ()) -> Iterator[tuple[str, SchemaNode]]:
    """Every field of a kind but its status and what all kinds have, depth first; a type within itself is not entered."""
    for name in node.node.get("properties") or {}:
        if not path and name in ("apiVersion", "kind", "metadata", "status"):
            continue
        child = node.property(name)
        while child.node.get("items"):
            child = child.items()
        here = f"{path}.{name}" if path else name
        yield here, child
        if id(child.node) not in above:
            yield from fields(child, here, (*above, id(child.node)))


def test_who_makes_what_nothing_acts_on_is_warned() -> None:
    idle = {kind.kind for kind in KINDS if kind.strategy.idle}
    # These are kept for others, or made by machines.
    kept = {"CSINode", "CSIStorageCapacity", "Endpoints", "PodTemplate", "VolumeAttachment"}
    assert idle == {kind for kind, acting, _ in rows("Kinds") if not acting} - kept


@functools.cache
def unread(group: str, version: str, kind: str) -> set[str]:
    """The fields whose names nobody takes hold of, less those below such a field."""
    known, found = read_in(ROOMS[group, version, kind]), set[str]()
    for path, _ in fields(schema(group, version, kind)):
        # A pod template is a pod's matter.
        if path.startswith(ALIKE) or ".template." in path or path in READ_OTHERWISE:
            continue
        if any(path.startswith(f"{one}.") for one in (*found, *READ_OTHERWISE)):
            continue
        if path.rsplit(".", 1)[-1] not in known:
            found.add(path)
    return found


def test_every_kind_that_is_served_is_acted_on_or_said_to_be_kept_only() -> None:
    told = {name: (modules, gap) for name, modules, gap in rows("Kinds")}
    plurals = {kind.kind: kind.plural for kind in KINDS if kind.stored}
    assert set(told) == set(plurals)
    for name, (modules, gap) in told.items():
        assert modules or gap, name
        for module in re.findall(r"`([^`]+)`", modules):
            text = (SOURCE / module).read_text().lower()
            assert plurals[name] in text or name.lower() in text, f"{module} knows nothing of {name}"


@pytest.mark.parametrize("kind", ROOMS, ids=lambda kind: kind[2])
def test_every_field_is_read_or_said_not_to_be(kind: tuple[str, str, str]) -> None:
    told = named_fields(kind[2])
    there = {path for path, _ in fields(schema(*kind))}
    assert set(told) <= there, "not fields of the kind"
    # What is below a field of which nothing comes goes with it.
    missing = {
        path for path in unread(*kind) - set(told) if not any(path.startswith(f"{one}.") for one in told)
    }
    assert not missing, f"{sorted(missing)} read by nobody, and not in docs/known-gaps.md"
    silent = {path for path, marked in told.items() if not marked}
    assert not silent - unread(*kind), "in docs/known-gaps.md, and read by somebody"
    assert not {path for path, marked in told.items() if marked} & unread(*kind), (
        "marked, though nobody reads the name"
    )


def test_only_kinds_whose_fields_are_looked_at_are_in_the_table() -> None:
    assert {name for name, _, _ in rows("Fields")} <= {kind for _, _, kind in ROOMS}


def test_gates_that_move_nothing_are_named() -> None:
    others = [file for file in SOURCE.rglob("*.py") if file != SOURCE / "api" / "gates.py"]
    said = {word for file in others for word in re.findall(r"\w+", file.read_text())}
    assert {gate for gate, _ in rows("Feature gates")} == set(TABLE) - said


async def test_paths_that_are_not_served() -> None:
    api = MemoryApi()
    container = {"name": "c", "image": "i"}
    api.put("pods", {"metadata": {"name": "p", "namespace": "default"}, "spec": {"containers": [container]}})
    for method, path, _ in rows("Paths"):
        with pytest.raises(NotFoundError):
            await api.request(method, path.strip("`"), json={} if method == "PATCH" else None)
    await api.aclose()
