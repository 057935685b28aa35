"""How a request, or an alternative of one, stands on a node by itself: which devices would do, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drakkar.allocator import DeviceKey
from drakkar.allocator.objections import InUse, Objection, passes_over
from drakkar.allocator.rules.requests import Ask
from drakkar.planner.findings import Holder, Reason, Rejection, RequestFinding
from drakkar.planner.report.holders import Holders
from drakkar.planner.report.objection_text import holders_of, kind_of, objection_text, used_text
from drakkar.planner.report.phrases import claim_label
from drakkar.planner.why.node_report import NodeReport


class _Words(NamedTuple):
    """Of which kind an objection is, and how it is told."""

    kind: str
    text: str


class _Rejected(NamedTuple):
    """A device with what stands against it, each in words as well."""

    key: DeviceKey
    against: list[tuple[Objection, _Words]]


class RequestFindings:
    """Devices against which the same stands are told of together."""

    def __init__(self, holders: Holders) -> None:
        self._holders = holders

    def of(self, report: NodeReport, ask: Ask) -> RequestFinding:
        """For one request."""
        groups: dict[tuple[_Words, ...], list[_Rejected]] = {}
        for one in report.offered:
            against = [(o, _Words(kind_of(o), objection_text(o, ask))) for o in one.against[ask.index]]
            if against:
                told = tuple(dict.fromkeys(words for _, words in against))
                groups.setdefault(told, []).append(_Rejected(one.entry.key, against))
        return RequestFinding(
            claim=claim_label(report.claims[ask.claim_index]),
            request=ask.name,
            device_class=ask.class_.metadata.name,
            count=0 if ask.every else ask.count,
            every_device=ask.every,
            devices=len(report.offered),
            usable=tuple(str(entry.key) for entry in report.usable(ask.index)),
            rejected=tuple(self._rejection(ask, told, group) for told, group in groups.items()),
        )

    def _rejection(self, ask: Ask, told: tuple[_Words, ...], group: Sequence[_Rejected]) -> Rejection:
        first, *also = (self._reason(words, group) for words in told)
        return Rejection(
            kind=first.kind,
            text=first.text,
            devices=tuple(str(one.key) for one in group),
            holders=first.holders,
            used=first.used,
            also=tuple(also),
            passed_over=ask.every and all(any(passes_over(o) for o, _ in one.against) for one in group),
        )

    def _reason(self, words: _Words, group: Sequence[_Rejected]) -> Reason:
        same = [(one.key, o) for one in group for o, said in one.against if said == words]
        holders: dict[Holder, None] = {}
        for key, one in same:
            if isinstance(one, InUse):
                holders.update(dict.fromkeys(self._holders.of_device(key)))
                continue
            for uid in holders_of(one):
                holder = self._holders.of_claim(uid)
                if holder is not None:
                    holders[holder] = None
        used = {used_text(one) for _, one in same}
        return Reason(
            kind=words.kind,
            text=words.text,
            holders=tuple(holders),
            used=used.pop() if len(used) == 1 else "",
        )
