"""What is in the way although every request could be met by itself."""

from __future__ import annotations

from drakkar.allocator import DeviceKey
from drakkar.allocator.rules.constraints import applies, compared
from drakkar.planner.report.attribute_text import attribute_name, attribute_text
from drakkar.planner.report.objection_text import objection_text
from drakkar.planner.report.phrases import claim_label, counted
from drakkar.planner.why.node_report import NodeReport

_MOST_LINES = 24
_MOST_VALUES = 6


def together(report: NodeReport) -> tuple[str, ...]:
    """A line for each thing, as many as anybody reads."""
    lines: list[str] = []
    wanted = sum(ask.count for ask in report.asks if not ask.parent and not ask.every)
    common = {entry.key for ask in report.asks for entry in report.usable(ask.index)}
    if wanted > len(common):
        lines.append(f"together the requests want {wanted}, and {counted(len(common), 'device')} would do")
    several = len(report.claims) > 1
    for index, claim in enumerate(report.claims):
        lines += _constraints(report, index, f" of claim {claim_label(claim)}" if several else "")
    lines += _short(report)
    if not lines:
        lines.append("the requests want the same devices")
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} reasons more"]
    return tuple(lines)


def _short(report: NodeReport) -> list[str]:
    """What was short beside devices that were chosen, for each request, with the devices of which the same is said."""
    found: dict[tuple[int, str], dict[DeviceKey, None]] = {}
    for (index, why), devices in report.short.items():
        found.setdefault((index, objection_text(why, report.asks[index])), {}).update(devices)
    lines = []
    for (index, text), devices in found.items():
        ask = report.asks[index]
        of = f"claim {claim_label(report.claims[ask.claim_index])}, " if len(report.claims) > 1 else ""
        lines.append(f"{of}request {ask.name}: {counted(len(devices), 'device')}: {text}")
    return lines


def _constraints(report: NodeReport, claim: int, of: str) -> list[str]:
    lines = []
    for constraint_number, constraint in enumerate(report.claims[claim].spec.devices.constraints):
        name = compared(constraint)
        asks = [ask for ask in report.asks if ask.claim_index == claim and applies(constraint, ask)]
        entries = {entry.key: entry for ask in asks for entry in report.usable(ask.index)}
        values: dict[str, int] = {}
        for entry in entries.values():
            value = attribute_text(entry, name)
            if value is not None:
                values[value] = values.get(value, 0) + 1
        if not values:
            continue
        most = sorted(values.items(), key=lambda item: -item[1])
        listed = ", ".join(f"{value} on {counted(count, 'device')}" for value, count in most[:_MOST_VALUES])
        if len(most) > _MOST_VALUES:
            listed += f" and {len(most) - _MOST_VALUES} values more"
        driver = next(iter(entries)).driver
        what = "the same" if constraint.match_attribute else "a different"
        requests = ", ".join(dict.fromkeys(ask.name for ask in asks))
        lines.append(
            f"constraint #{constraint_number}{of} wants {what} {attribute_name(name, driver)} for"
            f" {requests}; the devices that would do have {listed}"
        )
    return lines
