"""What was explained, as text."""

from __future__ import annotations

from drakkar.planner.findings import ClaimState, Explanation, PodFinding
from drakkar.planner.report.names import chosen_device, pods_text, some
from drakkar.planner.report.node_text import nodes_text
from drakkar.planner.report.preemption_text import pushes_off


def pod_text(pod: PodFinding) -> str:
    """A pod's explanation."""
    origin = f" (of {pod.origin})" if pod.origin else ""
    lines = [f"pod {pod.namespace}/{pod.name}{origin}"]
    if pod.placed:
        lines.append(f"{'is on' if pod.running else 'can be placed:'} node {pod.node}")
        if pod.victims:
            lines.append(pushes_off(pod))
    elif pod.nodes:
        lines.append("cannot be placed" + (f"; {pod.preemption}" if pod.preemption else ""))
    else:
        lines.append(f"cannot be placed, whatever the node: {pod.reason}")
    if pod.other_scheduler and not pod.running:
        lines.append(
            f"its scheduler is {pod.other_scheduler}, of which nothing is known here:"
            " Drakkar's own, by default, places pods of default-scheduler only"
        )
    if pod.scheduler_error and not pod.running:
        lines.append(f"its scheduler could not do so at its last try: {pod.scheduler_error}")
    for claim in pod.claims:
        source = f" from template {claim.template}" if claim.template else ""
        have = f": claim {claim.claim}{source}" + (
            ", which has its devices already" if claim.shared and not pod.running else ""
        )
        lines.append(f"  {claim.entry}{have}")
        lines += [
            f"    {device.request}: {device.driver}/{device.pool}/{chosen_device(device)}"
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
            "has devices" + (f", used by {pods_text(state.users)}" if state.users else ", used by no pod")
        )
        lines += [f"  {one.request}: {one.driver}/{one.pool}/{chosen_device(one)}" for one in state.devices]
    elif state.nodes:
        lines.append("no pod uses it, so it has no devices yet; where it could have them:")
        lines += nodes_text(state.nodes, placed=any(finding.fits for finding in state.nodes))
    elif state.users:
        lines.append(f"has no devices; it is for {pods_text(state.users)}")
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
