"""Plans and explanations as text for people: equal devices and equal nodes take one line together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.planner.findings import (
    ChosenDevice,
    ClaimFinding,
    NodeFinding,
    Plan,
    PodFinding,
    Reason,
    Rejection,
)
from drakkar.planner.subject import ClaimState, Explanation
from drakkar.planner.summary import nearest, remedy_in_short, unmet
from drakkar.planner.wording import counted

_MOST_NAMES = 4
_MOST_LINES = 8
_MOST_NODES = 20


def some(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """The names, or the first few and how many more."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1:,} more"


def devices_in_short(devices: Sequence[str]) -> str:
    """Devices of one pool by their last names, the pool named once: `gpu.example.com/n1: gpu-0, gpu-1`."""
    pools: dict[str, list[str]] = {}
    for key in devices:
        pool, _, name = key.rpartition("/")
        pools.setdefault(pool, []).append(name)
    parts = [f"{pool}: {some(names)}" for pool, names in pools.items()]
    return "; ".join(parts[:_MOST_NAMES]) + (
        f"; and {len(parts) - _MOST_NAMES:,} pools more" if len(parts) > _MOST_NAMES else ""
    )


def chosen_in_short(claim: ClaimFinding) -> str:
    """`entry: gpu-0 (shared)`."""
    names = [_chosen(device) for device in claim.devices]
    return f"{claim.entry}: {some(names, 8) if names else 'none'}"


def _chosen(device: ChosenDevice) -> str:
    consumed = ", ".join(f"{name}={amount}" for name, amount in device.consumed_capacity.items())
    return f"{device.device}{f'[{consumed}]' if consumed else ''}"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def plan_text(plan: Plan) -> str:
    """The plan as a table, a sentence for each pod that goes nowhere, and what to know about it."""
    lines: list[str] = []
    if plan.pods:
        rows = [["NAMESPACE", "POD", "NODE", "DEVICES"]]
        for pod in plan.pods:
            devices = "; ".join(map(chosen_in_short, pod.claims)) if pod.placed else ""
            rows.append([pod.namespace, pod.name, pod.node or "<none>", devices or "-"])
        lines += _columns(rows)
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


def _count(placed: int, total: int, nodes: int) -> str:
    on = f"on {counted(nodes, 'node')}"
    if not total:
        return f"no pod waits to be placed {on}"
    if placed == total:
        return f"{'the pod is' if total == 1 else f'all {total:,} pods are'} placed {on}"
    return f"{placed:,} of {counted(total, 'pod')} placed {on}; `drakkar explain POD` says more of the others"


def _holders(reason: Reason | Rejection) -> str:
    names = []
    for holder in reason.holders:
        pods = f" ({_pods(holder.pods)})" if holder.pods else " (no pod uses it)"
        names.append(f"claim {holder.claim}{pods}")
    return some(names)


def _pods(labels: Sequence[str]) -> str:
    return f"{'pod' if len(labels) == 1 else 'pods'} {some(labels)}"


def _reason(reason: Reason | Rejection) -> str:
    if reason.kind == "taken":
        return f"taken by {_holders(reason)}" if reason.holders else "taken"
    if not reason.holders:
        return reason.text
    return f"{reason.text}; in use by {_holders(reason)}" + (f": {reason.used}" if reason.used else "")


def _rejection_lines(rejected: Iterable[Rejection]) -> list[str]:
    lines = []
    found = sorted(rejected, key=lambda one: -len(one.devices))
    for one in found[:_MOST_LINES]:
        text = _reason(one)
        if one.also:
            text += f"; also: {'; '.join(map(_reason, one.also[:_MOST_NAMES]))}"
            if len(one.also) > _MOST_NAMES:
                text += f"; and {len(one.also) - _MOST_NAMES} reasons more"
        lines.append(f"{counted(len(one.devices), 'device')} ({devices_in_short(one.devices)}): {text}")
    rest = found[_MOST_LINES:]
    if rest:
        count = sum(len(one.devices) for one in rest)
        lines.append(f"{counted(count, 'device')} more for {len(rest)} reasons more, alike; -o json has all")
    return lines


def _node_lines(finding: NodeFinding) -> list[str]:
    if finding.fits:
        return ["fits"]
    if finding.reasons:
        return list(finding.reasons)
    lines = [
        f"pool {fault.driver}/{fault.pool} is {fault.fault}; none of its devices is offered"
        for fault in finding.pools
    ]
    lacking = unmet(finding)
    if any(one.kind == "selectorError" for request in finding.requests for one in request.rejected):
        lines.append("a selector that fails ends the search: the scheduler gives the pod up, on every node")
    elif finding.failure:
        lines.append(finding.failure)
    for one in lacking or finding.requests:
        wanted = "all devices" if one.every_device else counted(one.count, "device")
        head = f"claim {one.claim}, request {one.request} wants {wanted} of class {one.device_class}"
        if not one.devices:
            lines.append(f"{head}: no device is offered on this node")
            continue
        lines.append(f"{head}: {len(one.usable):,} of {one.devices:,} would do")
        lines += [f"  {line}" for line in _rejection_lines(one.rejected)]
    if finding.together and not finding.failure:
        several = len(finding.requests) > 1
        each = "each request could be met by itself" if several else "the devices would do one by one"
        lines.append(f"{each}, but not together:")
        lines += [f"  {line}" for line in finding.together]
        lines += [f"  constraint #{one.constraint}: {one.text}" for one in finding.conflicts]
    remedy = remedy_in_short(finding) or finding.no_change
    return [*lines, remedy] if remedy else lines


def _alike(finding: NodeFinding) -> object:
    """Nodes with the same value are explained together: the same, but for the names of devices and their holders."""
    requests = tuple(
        (
            one.claim,
            one.request,
            one.count,
            one.devices,
            len(one.usable),
            tuple(
                sorted(
                    (r.kind, r.text, tuple((also.kind, also.text) for also in r.also), len(r.devices))
                    for r in one.rejected
                )
            ),
        )
        for one in finding.requests
    )
    faults = tuple((fault.driver, fault.fault) for fault in finding.pools)
    together = tuple(sorted(finding.together))
    # Whose devices would have to be given back differs from node to node.
    changes = tuple(
        (one.kind, len(one.devices)) if one.devices else (one.kind, one.text) for one in finding.would_fit_if
    )
    told = (finding.failure, changes, finding.no_change)
    return finding.fits, finding.reasons, faults, requests, together, told


def nodes_text(findings: Sequence[NodeFinding], placed: bool = False) -> list[str]:
    """What stands against each node; and where the least has to change, unless there is a node that does."""
    groups: dict[object, list[NodeFinding]] = {}
    for finding in findings:
        groups.setdefault(_alike(finding), []).append(finding)
    lines: list[str] = []
    for group in list(groups.values())[:_MOST_NODES]:
        names = [finding.node for finding in group]
        if len(group) == 1:
            lines.append(f"node {names[0]}")
        else:
            lines.append(f"{len(group):,} nodes ({some(names)}), shown for {names[0]}")
        lines += [f"  {line}" for line in _node_lines(group[0])]
    if len(groups) > _MOST_NODES:
        lines.append(f"and {len(groups) - _MOST_NODES} nodes or groups of nodes more; -o json has all")
    best = nearest(findings)
    if best is not None and len(groups) > 1 and not placed:
        lines.append(f"the least has to change on node {best.node}: {remedy_in_short(best)}")
    return lines


def pod_text(pod: PodFinding) -> str:
    """A pod's explanation."""
    origin = f" (of {pod.origin})" if pod.origin else ""
    lines = [f"pod {pod.namespace}/{pod.name}{origin}"]
    if pod.placed:
        lines.append(f"{'is on' if pod.running else 'can be placed:'} node {pod.node}")
    elif pod.nodes:
        lines.append("cannot be placed")
    else:
        lines.append(f"cannot be placed, whatever the node: {pod.reason}")
    if pod.scheduler_error and not pod.running:
        lines.append(f"its scheduler could not do so at its last try: {pod.scheduler_error}")
    for claim in pod.claims:
        source = f" from template {claim.template}" if claim.template else ""
        have = f": claim {claim.claim}{source}" + (
            ", which has its devices already" if claim.shared and not pod.running else ""
        )
        lines.append(f"  {claim.entry}{have}")
        lines += [
            f"    {device.request}: {device.driver}/{device.pool}/{_chosen(device)}"
            for device in claim.devices
        ]
    if pod.placed:
        others = [finding.node for finding in pod.nodes if finding.fits and finding.node != pod.node]
        if others:
            lines.append(f"would fit on {some(others)} too")
        lines += nodes_text([finding for finding in pod.nodes if not finding.fits], placed=True)
    else:
        lines += nodes_text(pod.nodes)
    return "\n".join(lines)


def _claim_text(state: ClaimState) -> list[str]:
    source = f" (of template {state.template})" if state.template else ""
    lines = [f"claim {state.claim}{source}"]
    if state.devices:
        lines.append(
            "has devices" + (f", used by {_pods(state.users)}" if state.users else ", used by no pod")
        )
        lines += [f"  {one.request}: {one.driver}/{one.pool}/{_chosen(one)}" for one in state.devices]
    elif state.nodes:
        lines.append("no pod uses it, so it has no devices yet; where it could have them:")
        lines += nodes_text(state.nodes, placed=any(finding.fits for finding in state.nodes))
    elif state.users:
        lines.append(f"has no devices; it is for {_pods(state.users)}")
    return lines


def explanation_text(explanation: Explanation) -> str:
    """The answer of `explain`, pods that are placed before those that are not."""
    blocks: list[str] = []
    if explanation.claim is not None:
        blocks.append("\n".join(_claim_text(explanation.claim)))
    blocks += [pod_text(pod) for pod in explanation.pods if pod.placed]
    alike: dict[str, list[PodFinding]] = {}
    for pod in explanation.pods:
        if not pod.placed:
            alike.setdefault(pod.reason, []).append(pod)
    for pods in alike.values():
        text = pod_text(pods[0])
        if len(pods) > 1:
            text += f"\nthe same goes for {some([f'{pod.namespace}/{pod.name}' for pod in pods[1:]])}"
        blocks.append(text)
    if explanation.notes:
        blocks.append("\n".join(f"note: {note}" for note in explanation.notes))
    return "\n\n".join(blocks)
