"""One sentence on why nothing was found, with nodes that have the same reason counted together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from drakkar.planner.findings import NodeFinding, Rejection, RequestFinding
from drakkar.planner.why.obstacles import KINDS, RANKS, Rank, cost

_COUNTED = {
    "taken": "taken",
    "selector": "not selected",
    "selectorError": "with a selector that fails",
    "constraint": "without the attribute of a constraint",
    "counter": "short of a counter",
    "capacity": "short of capacity",
    "taint": "tainted",
    "node": "on another node",
}
_MOST = 6


def rejections_in_short(rejected: Sequence[Rejection]) -> str:
    """`5 taken, 3 not selected`."""
    counts: Counter[str] = Counter()
    for one in rejected:
        counts[_COUNTED.get(one.kind, one.text)] += len(one.devices)
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def request_in_short(finding: RequestFinding) -> str:
    """How a request stands on a node."""
    wanted = "all" if finding.every_device else f"{finding.count:,}"
    if not finding.devices:
        return f"request {finding.request} wants {wanted}, the node has no devices"
    text = f"request {finding.request} wants {wanted}, {len(finding.usable):,} of {finding.devices:,} devices would do"
    short = rejections_in_short(finding.rejected)
    return f"{text} ({short})" if short else text


def unmet(requests: Sequence[RequestFinding]) -> list[RequestFinding]:
    """Those that could not even be met by themselves; alternatives only if none of them could."""
    met: dict[tuple[str, str], bool] = {}
    for one in requests:
        key = (one.claim, one.request.partition("/")[0])
        met[key] = met.get(key, False) or one.enough
    return [one for one in requests if not met[one.claim, one.request.partition("/")[0]]]


def node_in_short(finding: NodeFinding) -> str:
    """Why one node does not do."""
    if finding.reasons:
        return "; ".join(finding.reasons)
    faults = "".join(f"; pool {fault.driver}/{fault.pool} is {fault.fault}" for fault in finding.pools)
    lacking = unmet(finding.requests)
    if lacking:
        return "; ".join(map(request_in_short, lacking)) + faults
    return (finding.failure or "; ".join(finding.together) or "no combination of devices does") + faults


def remedy_in_short(finding: NodeFinding) -> str:
    """`would fit if: ... and ...`; empty where nothing is known to help."""
    if not finding.would_fit_if:
        return ""
    return f"would fit if: {' and '.join(change.text for change in finding.would_fit_if)}"


def nearest(findings: Sequence[NodeFinding]) -> NodeFinding | None:
    """The node where the least would have to change; the first of several, None where nothing is known to help."""
    return min((finding for finding in findings if finding.would_fit_if), key=_cost, default=None)


def _cost(finding: NodeFinding) -> tuple[tuple[int, int, int], int]:
    changes = finding.would_fit_if
    # Of nodes that want fewer devices to be asked for, the one that has the most.
    most = sum(int(change.amount) for change in changes if change.kind == KINDS[Rank.COUNT])
    return cost(RANKS[change.kind] for change in changes), -most


def _remedy(findings: Sequence[NodeFinding]) -> str:
    best = nearest(findings)
    if best is None:
        return ""
    return f"; {f'node {best.node} ' if len(findings) > 1 else ''}{remedy_in_short(best)}"


def summary(findings: Sequence[NodeFinding]) -> str:
    """`none of 3 nodes does: 2 nodes: ...; 1 node: ...`, the most frequent first."""
    counts = Counter(node_in_short(finding) for finding in findings if not finding.fits)
    total = len(findings)
    head = "the node does not do" if total == 1 else f"none of {total:,} nodes does"
    common = counts.most_common(_MOST)
    if len(counts) == 1:
        return f"{head}: {common[0][0]}{_remedy(findings)}"
    parts = [f"{count:,} {'node' if count == 1 else 'nodes'}: {text}" for text, count in common]
    if len(counts) > _MOST:
        parts.append(f"and {len(counts) - _MOST} reasons more")
    return f"{head}: {'; '.join(parts)}{_remedy(findings)}"
