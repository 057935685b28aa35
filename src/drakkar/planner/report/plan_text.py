"""A plan as text: equal reasons take one line together."""

from __future__ import annotations

from drakkar.planner.findings import ClaimFinding, Plan
from drakkar.planner.report.names import chosen_device, some
from drakkar.planner.report.phrases import counted
from drakkar.planner.report.preemption_text import pushes_off


def plan_text(plan: Plan) -> str:
    """The plan as a table, a sentence for each pod that goes nowhere, and what to know about it."""
    lines: list[str] = []
    if plan.pods:
        rows = [["NAMESPACE", "POD", "NODE", "DEVICES"]]
        for pod in plan.pods:
            devices = "; ".join(map(_devices, pod.claims)) if pod.placed else ""
            rows.append([pod.namespace, pod.name, pod.node or "<none>", devices or "-"])
        lines += _columns(rows)
    pushing = [pod for pod in plan.pods if pod.victims]
    if pushing:
        lines.append("")
    lines += [f"{pod.namespace}/{pod.name} {pushes_off(pod)}" for pod in pushing]
    lost: dict[str, list[str]] = {}
    for pod in plan.pods:
        if not pod.placed:
            lost.setdefault(pod.reason, []).append(f"{pod.namespace}/{pod.name}")
    if lost:
        lines.append("")
    for reason, pods in lost.items():
        lines.append(f"{some(pods)}: {reason}")
    placed = sum(pod.placed for pod in plan.pods)
    lines += ["", _count(placed, len(plan.pods), plan.nodes)]
    lines += [f"note: {note}" for note in plan.notes]
    return "\n".join(lines).lstrip("\n")


def _devices(claim: ClaimFinding) -> str:
    """`entry: gpu-0 (shared)`."""
    names = [chosen_device(device) for device in claim.devices]
    return f"{claim.entry}: {some(names, 8) if names else 'none'}"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _count(placed: int, total: int, nodes: int) -> str:
    on = f"on {counted(nodes, 'node')}"
    if not total:
        return f"no pod waits to be placed {on}"
    if placed == total:
        return f"{'the pod is' if total == 1 else f'all {total:,} pods are'} placed {on}"
    return f"{placed:,} of {counted(total, 'pod')} placed {on}; `drakkar explain POD` says more of the others"
