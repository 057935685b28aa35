"""What stands against nodes, as text: equal devices and equal nodes take one line together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.planner.findings import NodeFinding, Reason, Rejection
from drakkar.planner.report.names import devices_in_short, pods_text, some
from drakkar.planner.report.phrases import counted
from drakkar.planner.report.summary import nearest, remedy_in_short, unmet

_MOST_REASONS = 4
_MOST_LINES = 8
_MOST_NODES = 20


def _holders(reason: Reason | Rejection) -> str:
    names = []
    for holder in reason.holders:
        pods = f" ({pods_text(holder.pods)})" if holder.pods else " (no pod uses it)"
        names.append(f"claim {holder.claim}{pods}")
    return some(names)


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
            text += f"; also: {'; '.join(map(_reason, one.also[:_MOST_REASONS]))}"
            if len(one.also) > _MOST_REASONS:
                text += f"; and {len(one.also) - _MOST_REASONS} reasons more"
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
    lacking = unmet(finding.requests)
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
