"""How long device selectors take, beside upstream's in the same run: compiled once, then asked of a batch of devices.

Puts its table into benchmarks/results.md.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import sections  # noqa: E402
from upstream import originals  # noqa: E402
from upstream.line_pipe import ask_all  # noqa: E402

from drakkar import cel  # noqa: E402
from drakkar.allocator.device import view_of  # noqa: E402
from drakkar.api.resource import Device, decode  # noqa: E402

DEVICES = 100_000
# Ours and upstream's take turns, so that a slow minute of the machine is in both.
TURNS = 3
ROUNDS = 2
COMPILES = 50
# Reading a batch and asking it of upstream.
LIMIT_S = 600
LAB, NVIDIA, DRANET, INTEL, CPU = "gpu.example.com", "gpu.nvidia.com", "dra.net", "gpu.intel.com", "dra.cpu"
STANDARD = "resource.kubernetes.io"

# Driver, what the selector is for, and the selector as people write it.
SELECTORS = (
    (LAB, "the driver's devices", f"device.driver == '{LAB}'"),
    (LAB, "exact memory", f'device.capacity["{LAB}"].memory == quantity("80Gi")'),
    (
        LAB,
        "model and memory",
        f"device.attributes['{LAB}'].model == 'LATEST-GPU-MODEL' && "
        f"device.capacity['{LAB}'].memory.compareTo(quantity('40Gi')) >= 0",
    ),
    (NVIDIA, "class", f"device.driver == '{NVIDIA}' && device.attributes['{NVIDIA}'].type == 'gpu'"),
    (
        NVIDIA,
        "product by pattern",
        f"device.attributes['{NVIDIA}'].productName.lowerAscii().matches('^.*a100.*$')",
    ),
    (
        NVIDIA,
        "partition",
        f"device.attributes['{NVIDIA}'].type == 'mig' && "
        f"device.attributes['{NVIDIA}'].?profile.orValue('') in ['1g.10gb', '2g.20gb', '3g.40gb']",
    ),
    (
        NVIDIA,
        "versions",
        f"cel.bind(gpu, device.attributes['{NVIDIA}'], gpu.cudaComputeCapability.isGreaterThan(semver('8.0.0')) && "
        f"!gpu.driverVersion.isLessThan(semver('570.0.0')))",
    ),
    (
        DRANET,
        "RDMA interface",
        f"has(device.attributes['{DRANET}'].rdma) && device.attributes['{DRANET}'].rdma && "
        f"device.attributes['{DRANET}'].ifName.startsWith('eth') && device.attributes['{DRANET}'].mtu >= 4000",
    ),
    (
        INTEL,
        "family and share",
        f"device.attributes['{INTEL}'].family in ['Arc', 'Max'] && device.attributes['{INTEL}'].health == 'Healthy' && "
        f"device.capacity['{INTEL}'].millicores.isGreaterThan(quantity('500'))",
    ),
    (
        CPU,
        "NUMA node and PCIe root",
        f"device.attributes['{STANDARD}'].numaNode == 0 && device.attributes['{CPU}'].numCPUs >= 8 && "
        f"device.attributes['{STANDARD}'].pcieRoot.exists(root, root == 'pci0000:18')",
    ),
)


def _text(value: str) -> dict[str, str]:
    return {"string": value}


def _gpu(number: int) -> dict[str, Any]:
    return {
        "attributes": {
            "index": {"int": number % 8},
            "uuid": _text(f"gpu-{number:08d}-99e9-c746-8531-ffeb86328b39"),
            "model": _text("LATEST-GPU-MODEL" if number % 3 else "OLD-GPU-MODEL"),
            "driverVersion": {"version": "1.0.0"},
        },
        "capacity": {"memory": {"value": ("80Gi", "40Gi", "24Gi")[number % 3]}},
    }


def _nvidia(number: int) -> dict[str, Any]:
    mig = number % 4 == 0
    attributes = {
        "type": _text("mig" if mig else "gpu"),
        "uuid": _text(f"GPU-{number:08d}-0000-1111-2222-333344445555"),
        "productName": _text(("NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "Tesla T4")[number % 3]),
        "brand": _text("Nvidia"),
        "architecture": _text(("Ampere", "Hopper", "Turing")[number % 3]),
        "cudaComputeCapability": {"version": ("8.0.0", "9.0.0", "7.5.0")[number % 3]},
        "driverVersion": {"version": "570.158.1"},
        "cudaDriverVersion": {"version": "12.8.0"},
        f"{STANDARD}/pciBusID": _text(f"{number >> 8:04x}:{number % 256:02x}:00.0"),
        f"{STANDARD}/pcieRoot": _text(f"pci0000:{number % 64:02x}"),
    }
    if mig:
        attributes["profile"] = _text(("1g.10gb", "7g.80gb")[number % 8 // 4])
    return {"attributes": attributes, "capacity": {"memory": {"value": "81559Mi"}}}


def _interface(number: int) -> dict[str, Any]:
    return {
        "attributes": {
            "dra.net/ifName": _text(f"{('eth', 'gpu')[number % 2]}{number % 10}"),
            "dra.net/mac": _text(f"02:42:ac:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"),
            "dra.net/mtu": {"int": (1500, 9000)[number % 3 == 0]},
            "dra.net/state": _text("up"),
            "dra.net/type": _text("device"),
            "dra.net/rdma": {"bool": number % 5 != 0},
            "dra.net/sriov": {"bool": False},
            "dra.net/virtual": {"bool": False},
            "dra.net/numaNode": {"int": number % 2},
            f"{STANDARD}/pcieRoot": _text(f"pci0000:{number % 64:02x}"),
        },
    }


def _intel(number: int) -> dict[str, Any]:
    return {
        "attributes": {
            "model": _text(("A770", "1550", "Flex-170")[number % 3]),
            "family": _text(("Arc", "Max", "Data Center Flex")[number % 3]),
            "driver": _text("xe"),
            "type": _text("gpu"),
            "sriov": {"bool": number % 2 == 0},
            "pciId": _text("0x56c0"),
            "health": _text("Healthy" if number % 7 else "Unknown"),
            f"{STANDARD}/pciBusID": _text(f"{number >> 8:04x}:{number % 256:02x}:00.0"),
        },
        "capacity": {"memory": {"value": "16384Mi"}, "millicores": {"value": "1k"}},
    }


def _cpus(number: int) -> dict[str, Any]:
    return {
        "attributes": {
            "dra.cpu/socketID": {"int": number % 2},
            "dra.cpu/smtEnabled": {"bool": True},
            "dra.cpu/numCPUs": {"int": 4 + number % 60},
            f"{STANDARD}/numaNode": {"int": number % 2},
            f"{STANDARD}/pcieRoot": {"strings": ["pci0000:00", f"pci0000:{16 + number % 8}", "pci0000:80"]},
        },
        "capacity": {"dra.cpu/cpu": {"value": str(4 + number % 60)}},
        "allowMultipleAllocations": True,
    }


MAKERS: dict[str, Callable[[int], dict[str, Any]]] = {
    LAB: _gpu,
    NVIDIA: _nvidia,
    DRANET: _interface,
    INTEL: _intel,
    CPU: _cpus,
}


def _devices(driver: str) -> Iterator[dict[str, Any]]:
    return ({"name": f"d-{number}", **MAKERS[driver](number)} for number in range(DEVICES))


def _view(driver: str, device: dict[str, Any]) -> cel.DeviceView:
    read = decode(Device, device)
    return view_of(read, driver, bool(read.allow_multiple_allocations))


def _ours(selector: cel.Selector, views: list[cel.DeviceView]) -> tuple[float, float]:
    """Nanoseconds a device, asked one by one and asked all at once."""
    singly, at_once = [], []
    for _ in range(ROUNDS):
        matches = selector.matches
        began = time.perf_counter_ns()
        for view in views:
            matches(view)
        singly.append((time.perf_counter_ns() - began) / DEVICES)
        began = time.perf_counter_ns()
        selector.matches_all(views)
        at_once.append((time.perf_counter_ns() - began) / DEVICES)
    return statistics.median(singly), statistics.median(at_once)


def _compiling(expression: str) -> float:
    """Nanoseconds of a compilation."""
    took = []
    for number in range(COMPILES):
        # Another text each time, since what was compiled is remembered.
        text = expression + " " * (number + 1)
        began = time.perf_counter_ns()
        cel.compile(text)
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took)


def _theirs(program: Path, driver: str, expression: str) -> dict[str, float]:
    devices = list(_devices(driver))
    question = {"expression": expression, "driver": driver, "devices": devices, "rounds": ROUNDS}
    (answer,) = ask_all(program, [question], LIMIT_S)
    assert "compileError" not in answer, answer
    return answer


def _measured(
    program: Path | None, driver: str, expression: str, views: list[cel.DeviceView]
) -> tuple[list[str], float]:
    """The cells after a selector's name, and how many of our times upstream takes (0 where there is no upstream)."""
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector), selector
    ours: list[tuple[float, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(TURNS):
        ours.append(_ours(selector, views))
        if program is not None:
            theirs.append(_theirs(program, driver, expression))
    singly, at_once = (statistics.median(times) for times in zip(*ours, strict=True))
    compiling = _compiling(expression)
    cells = [
        f"{singly / 1e3:.2f} µs",
        f"{at_once / 1e3:.2f} µs",
        "-",
        "-",
        f"{compiling / 1e6:.2f} ms",
        "-",
        "-",
    ]
    if not theirs:
        return cells, 0.0
    ratio = statistics.median(other["nsADevice"] / min(own) for own, other in zip(ours, theirs, strict=True))
    a_device, a_compile = (
        statistics.median(took[what] for took in theirs) for what in ("nsADevice", "nsACompile")
    )
    cells[2:4] = f"{a_device / 1e3:.2f} µs", f"{ratio:.1f}"
    cells[5:] = f"{a_compile / 1e6:.2f} ms", f"{a_compile / compiling:.1f}"
    return cells, ratio


def table() -> list[str]:
    """The measurements as the lines of a section in Markdown."""
    try:
        program: Path | None = originals.built(originals.CEL)
    except originals.Unavailable as why:
        program = None
        print(f"no original beside it: {why}")
    rows: list[str] = []
    ratios: list[float] = []
    for driver in MAKERS:
        views = list(map(partial(_view, driver), _devices(driver)))
        for purpose, expression in [(what, text) for of, what, text in SELECTORS if of == driver]:
            cells, ratio = _measured(program, driver, expression, views)
            ratios.append(ratio)
            rows.append(f"| {driver}: {purpose} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    return [
        f"Python {platform.python_version()}, {platform.machine()}, one thread; each selector is asked of a batch of",
        f"{DEVICES:,} different devices, by Drakkar and upstream 1.37.2 in turns, {TURNS} times; times are medians. A ratio",
        "above 1 means that Drakkar is faster, in the better of its two ways: the median of the turns' ratios.",
        f"The least of the ratios is {min(ratios):.1f}, their median {statistics.median(ratios):.1f}.",
        "",
        "| selector | a device | a device, all at once | upstream | ratio | compile | upstream | ratio |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def main() -> None:
    """Measure, and put the table into the results, in place of an older one."""
    began = sections.circumstances()
    sections.write("device selectors", "Device selectors", began, table())


if __name__ == "__main__":
    main()
