"""How fast the allocator is, beside upstream's in the same run; also how long a cluster takes to come up.

Writes two sections of benchmarks/results.md. Ratios are what counts: they
compare two programs on the same machine at the same time, one thread each, and both give the same pods the same devices.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import allocate_changes  # noqa: E402
import allocate_growth  # noqa: E402
import allocate_hard  # noqa: E402
import sections  # noqa: E402
from allocate_clusters import CLASSES, Cluster, one_gpu, pairs, partitions, twenty_kinds  # noqa: E402
from allocate_scheduling import Course, Sample, Scheduler, differences, theirs  # noqa: E402
from upstream import originals  # noqa: E402
from upstream.line_pipe import ask_all  # noqa: E402

SAMPLE_PODS = 100
UPSTREAM_LIMIT_S = 6.0
RESIDENT_NODES = 12_500


@dataclass
class Measured:
    """Rows of the table, and how long upstream takes for a pod after so many others."""

    rows: list[str]
    scheduler: Scheduler
    upstream: list[tuple[int, float]]


def _throughput(program: Path | None, directory: Path, cluster: Cluster, after: tuple[int, ...]) -> Measured:
    """A row for the first pods, and for those that come after so many others; with the scheduler as it is then."""
    scheduler = Scheduler(cluster)
    samples: list[Sample] = []
    courses: list[Course] = []
    for pods in (0, *after):
        scheduler.run(pods - scheduler.pod)
        samples.append(scheduler.sample())
        courses.append(scheduler.run(SAMPLE_PODS))
    upstream: list[Course] = []
    if program is not None:
        upstream = theirs(program, cluster, directory, samples, SAMPLE_PODS, UPSTREAM_LIMIT_S)
    measured = Measured([], scheduler, [])
    for number, (sample, ours) in enumerate(zip(samples, courses, strict=True)):
        shown, ratio, same = "-", "-", ours
        if upstream:
            other = upstream[number]
            different = list(differences(ours, other))
            assert not different, different[0]
            same = ours.part(0, len(other.seconds))
            shown = f"{other.pods_a_second:.1f}"
            ratio = f"{same.pods_a_second / other.pods_a_second:.1f}"
            measured.upstream.append((sample.first, 1 / other.pods_a_second))
        tried = sum(same.tried) / len(same.tried)
        full = 100 * len(sample.taken) / (cluster.nodes * cluster.devices_a_node)
        state = "nothing learned yet" if not sample.first else f"{full:.3g} % of devices in use"
        row = (
            f"| {cluster.nodes} nodes × {cluster.devices_a_node}: {cluster.name} | {state} | {tried:.0f} "
            f"| {len(same.seconds)} | {same.pods_a_second:.0f} | {shown} | {ratio} |"
        )
        measured.rows.append(row)
        print(row, flush=True)
    return measured


def _until_full(measured: Measured) -> str:
    """How long it takes in all to fill the cluster, pod by pod, from the first pod on."""
    scheduler = measured.scheduler
    scheduler.run(sys.maxsize, until_full=True)
    devices, spent = scheduler.cluster.nodes * scheduler.cluster.devices_a_node, scheduler.spent
    assert len(scheduler.taken) == devices, f"{len(scheduler.taken)} of {devices} devices in use at the end"
    line = f"{devices} pods until no device is left in {spent:.1f} s, {devices / spent:.0f} pods/s."
    if measured.upstream:
        # Between the samples upstream's time is taken to grow evenly, and to stay as it is after the last.
        points = [*measured.upstream, (devices, measured.upstream[-1][1])]
        total = sum((b - a) * (at_a + at_b) / 2 for (a, at_a), (b, at_b) in pairwise(points))
        line += f" From upstream's samples it would take {total:.0f} s, {total / spent:.0f} times as long."
    print(line, flush=True)
    return line


def _memory(program: Path | None, directory: Path) -> str:
    cluster = one_gpu(RESIDENT_NODES)
    path = cluster.write(directory)
    command = [sys.executable, str(HERE / "allocate_memory.py"), str(path), str(cluster.nodes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    ours = json.loads(done.stdout)
    line = (
        f"{cluster.nodes * 8} devices ({cluster.nodes} nodes × 8) take {ours['taken_in'] / 1e6:.0f} MB of resident memory, "
        f"and {ours['tried'] / 1e6:.0f} MB once a pod was tried on every node"
    )
    if program is not None:
        (answer,) = ask_all(program, [{"id": "m", "classes": CLASSES, "memory_of": str(path)}], 300)
        line += f"; upstream's structs of the same slices are {answer['bytes'] / 1e6:.0f} MB of live heap"
    print(line, flush=True)
    return line + "."


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


def report(program: Path | None, directory: Path) -> list[str]:
    """Everything of the allocator, as lines of Markdown."""
    filled = _throughput(program, directory, one_gpu(5000), (1000, 10_000, 20_000, 30_000, 36_000, 39_700))
    rows, full = filled.rows, _until_full(filled)
    for cluster, after in ((twenty_kinds(2000), 8000), (partitions(1000), 5000), (pairs(500), 350)):
        rows += _throughput(program, directory, cluster, (100, after)).rows
    changing = Scheduler(one_gpu(5000))
    changing.run(5000)
    return [
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores.",
        "Each pod has a claim of its own and is tried on the nodes on which the scheduler would try it: from where the",
        "last one ended, until enough nodes fit (upstream's adaptive percentage). It goes to one that fits, and what it has",
        "got is in use for the next. Upstream makes its allocator anew for each pod and copies the set of what is in use,",
        "as its scheduler does. Both go on from the same states with the same pods,",
        f"{SAMPLE_PODS} or as many as upstream gets through in {UPSTREAM_LIMIT_S:.0f} s, and chose the same devices for each.",
        "Time is that of the one thread which allocates; upstream's garbage is collected by others and not counted.",
        "A ratio above 1 means that Drakkar is faster than upstream 1.37.2.",
        "",
        "| cluster and pods | state | nodes tried | pods | Drakkar, pods/s | upstream, pods/s | ratio |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"5000 nodes × 8, one-GPU pods, the whole cluster: {full}",
        "",
        "### Hard claims",
        "",
        "One call on one node by an allocator that has seen nothing before (median of 3). Upstream is given",
        f"{allocate_hard.UPSTREAM_LIMIT_S:.0f} s (the scheduler gives it 10 s). A small form of each case, which upstream",
        "gets through, has the same answer here.",
        "",
        *allocate_hard.table(program),
        "",
        "### A node that has just changed",
        "",
        f"The change and one pod's allocation on that node together, {allocate_changes.CHANGES} times",
        "in a cluster of 5000 nodes × 8.",
        "",
        *allocate_changes.table(changing),
        "",
        "### Memory",
        "",
        _memory(program, directory),
        "",
        "### As the cluster grows",
        "",
        f"One-GPU pods, 8 GPUs a node, half of them in use; the median of {allocate_growth.PODS} pods that come",
        f"after {allocate_growth.LEARNING} others. How many nodes are tried for a pod is the scheduler's choice (50 % of",
        "a small cluster, down to 5 % of a large one, at least 100); here a pod costs much the same, whatever the number.",
        "",
        *allocate_growth.section(program, directory),
    ]


def main() -> None:
    """Measure, and put both sections into the results, in place of older ones."""
    began = sections.circumstances()
    try:
        program: Path | None = originals.built(originals.ALLOCATOR)
    except originals.Unavailable as why:
        program = None
        print(f"no original beside it: {why}")
    with tempfile.TemporaryDirectory(prefix="drakkar-bench-") as scratch:
        sections.write("allocation", "Allocation", began, report(program, Path(scratch)))
    starts = sorted(_start() for _ in range(3))
    print(f"cluster up: {starts[1]:.2f} s")
    told = f"`drakkar up --detach` with one node and its devices: {starts[1]:.2f} s (median of 3)."
    sections.write("start of a cluster", "Start of a cluster", began, [told])


if __name__ == "__main__":
    main()
