"""How long the allocator takes for one pod, beside upstream's in the same run; also how long a cluster takes to come up.

Writes benchmarks/results.md. Ratios are what counts: they compare two programs on the same machine at the same time.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from upstream import originals  # noqa: E402
from upstream.line_pipe import ask_all  # noqa: E402

from drakkar.allocator import Allocated, Inventory, Ledger, Node, allocate  # noqa: E402
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode  # noqa: E402

DRIVER = "gpu.example.com"
PODS = 20


def _slice(index: int) -> dict[str, Any]:
    node = f"node-{index:05d}"
    devices = [
        {
            "name": f"gpu-{number}",
            "attributes": {"model": {"string": "A"}, "index": {"int": number}},
            "capacity": {"memory": {"value": "80Gi"}},
        }
        for number in range(8)
    ]
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    return {
        "metadata": {"name": f"{node}-slice"},
        "spec": {"driver": DRIVER, "nodeName": node, "pool": pool, "devices": devices},
    }


def _claim(expression: str | None) -> dict[str, Any]:
    exactly: dict[str, Any] = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    if expression is not None:
        exactly["selectors"] = [{"cel": {"expression": expression}}]
    return {
        "metadata": {"name": "c", "namespace": "ns", "uid": "u"},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": exactly}]}},
    }


CLASS = {
    "metadata": {"name": "gpu"},
    "spec": {"selectors": [{"cel": {"expression": f"device.driver == '{DRIVER}'"}}]},
}
SELECTOR = f"device.attributes['{DRIVER}'].model == 'A' && device.capacity['{DRIVER}'].memory.compareTo(quantity('40Gi')) >= 0"


def _ours(slices: list[dict[str, Any]], nodes: list[str], claim: dict[str, Any]) -> float:
    """Seconds a pod; the inventory is there already, as it is in a scheduler that runs."""
    inventory, ledger = Inventory(), Ledger()
    inventory.set_class(decode(DeviceClass, CLASS))
    for item in slices:
        inventory.set_slice(decode(ResourceSlice, item))
    wanted = [decode(ResourceClaim, claim)]
    places = [Node(name) for name in nodes]
    took = []
    for _ in range(PODS):
        began = time.perf_counter()
        for place in places:
            assert isinstance(allocate(inventory, ledger, wanted, place), Allocated)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _theirs(program: Path, slices: list[dict[str, Any]], nodes: list[str], claim: dict[str, Any]) -> float:
    case = {
        "id": "b",
        "classes": [CLASS],
        "slices": slices,
        "claims": [claim],
        "nodes": [{"metadata": {"name": name}} for name in nodes],
        "repeat": PODS,
    }
    (answer,) = ask_all(program, [case], 300)
    assert answer["solved"] == PODS * len(nodes), answer
    return float(answer["ns_a_pod"]) / 1e9


def _start() -> float:
    """Seconds until `drakkar up --detach` returns with a Ready node."""
    directory = Path(tempfile.mkdtemp(prefix="drakkar-bench-"))
    command = [sys.executable, "-m", "drakkar"]
    state = f"--state={directory / 'state'}"
    try:
        began = time.perf_counter()
        subprocess.run([*command, "up", "--detach", state], check=True, capture_output=True, timeout=120)
        return time.perf_counter() - began
    finally:
        subprocess.run([*command, "down", state], check=False, capture_output=True, timeout=120)
        shutil.rmtree(directory)


def main() -> None:
    try:
        program: Path | None = originals.built(originals.ALLOCATOR)
    except originals.Unavailable as why:
        program = None
        print(f"no original beside it: {why}")
    rows = []
    for count, tried in ((1000, 500), (5000, 500)):
        slices = [_slice(index) for index in range(count)]
        nodes = [f"node-{index:05d}" for index in range(tried)]
        for name, expression in (("no selector", None), ("two-part selector", SELECTOR)):
            claim = _claim(expression)
            ours = _ours(slices, nodes, claim)
            theirs = _theirs(program, slices, nodes, claim) if program is not None else None
            what = f"one GPU, {tried} of {count} nodes x 8, {name}"
            shown = f"{theirs * 1e3:.2f} ms" if theirs is not None else "not built"
            ratio = f"{theirs / ours:.2f}" if theirs is not None else "-"
            rows.append(f"| {what} | {ours * 1e3:.2f} ms | {shown} | {ratio} |")
            print(rows[-1])
    starts = sorted(_start() for _ in range(3))
    print(f"cluster up: {starts[1]:.2f} s")
    text = "\n".join(
        [
            "# Results",
            "",
            f"Python {platform.python_version()}, {platform.machine()}; the median of {PODS} pods, all nodes tried for each,",
            "one thread. A ratio above 1 means that Drakkar is faster than upstream's allocator in the same run.",
            "",
            "| allocation for one pod | Drakkar | upstream 1.37.2 | ratio |",
            "|---|---|---|---|",
            *rows,
            "",
            f"`drakkar up --detach` with one node and its devices: {starts[1]:.2f} s (median of 3).",
            "",
        ]
    )
    (HERE / "results.md").write_text(text)


if __name__ == "__main__":
    main()
