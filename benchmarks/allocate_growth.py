"""What a pod costs as the cluster grows; half of all devices are in use."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

from allocate_clusters import one_gpu
from allocate_scheduling import Course, Scheduler, differences, theirs

SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
LEARNING, PODS = 100, 250
UPSTREAM_LIMIT_S = 3.0
WIDTH = 50


class Point(NamedTuple):
    """A size with the course of its pods here and upstream."""

    nodes: int
    ours: Course
    upstream: Course | None


def _point(program: Path | None, directory: Path, nodes: int) -> Point:
    cluster = one_gpu(nodes)
    scheduler = Scheduler(cluster)
    scheduler.fill(4)
    scheduler.run(LEARNING)
    sample = scheduler.sample()
    ours = scheduler.run(PODS)
    if program is None:
        return Point(nodes, ours, None)
    (upstream,) = theirs(program, cluster, directory, [sample], PODS, UPSTREAM_LIMIT_S)
    different = list(differences(ours, upstream))
    assert not different, different[0]
    return Point(nodes, ours, upstream)


def _bars(title: str, points: list[tuple[int, float]]) -> list[str]:
    """A line a size, all on one scale that begins at zero."""
    longest = max(value for _, value in points)
    lines = [title]
    for nodes, value in points:
        eighths = max(1, round(value / longest * WIDTH * 8))
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        lines.append(f"{nodes:6} nodes  {bar} {value * 1e3:.2f} ms")
    return lines


def section(program: Path | None, directory: Path) -> list[str]:
    """A table and a plot."""
    points = []
    rows = [
        "| nodes | tried for a pod | Drakkar, a pod | for a node tried | upstream, a pod | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for nodes in SIZES:
        point = _point(program, directory, nodes)
        points.append(point)
        ours, tried = point.ours.median, statistics.fmean(point.ours.tried)
        row = f"| {nodes} | {tried:.0f} | {ours * 1e3:.3f} ms | {ours / tried * 1e6:.2f} µs "
        if point.upstream is not None:
            upstream = point.upstream.median
            row += f"| {upstream * 1e3:.2f} ms | {upstream / ours:.0f} |"
        else:
            row += "| - | - |"
        rows.append(row)
        print(row, flush=True)
    plot = _bars("Drakkar, time for a pod", [(one.nodes, one.ours.median) for one in points])
    known = [(one.nodes, one.upstream.median) for one in points if one.upstream is not None]
    if known:
        plot += ["", *_bars("upstream, time for a pod (a scale of its own)", known)]
    return [*rows, "", "```text", *plot, "```"]
