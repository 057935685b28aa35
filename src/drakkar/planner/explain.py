"""Why a node has no devices for a pod's claims: request by request, device by device, and together; and what the least is
that would have to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from drakkar.allocator import DeviceKey, Failure, Inventory, Ledger, Node, NoSolution, allocate
from drakkar.allocator.compat import Quirks
from drakkar.allocator.objections import InUse, Objection
from drakkar.allocator.rules.constraints import applies, compared
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim
from drakkar.planner.conflicts import conflicts
from drakkar.planner.findings import Holder, NodeFinding, PoolFault, Reason, Rejection, RequestFinding
from drakkar.planner.node_report import NodeReport
from drakkar.planner.objection_words import holders_of, kind_of, objection_text, used_text
from drakkar.planner.remedies import Remedies
from drakkar.planner.telling import Teller
from drakkar.planner.wording import Whose, attribute_name, attribute_text, claim_label, counted

# Enough to see what stands against what; a search that is made to be hard is not waited for.
_STEPS = 20_000
_MOST_TOGETHER = 24
_MOST_VALUES = 6


class _Rejected(NamedTuple):
    """A device with what stands against it, each in words as well: of which kind, and how it is told."""

    key: DeviceKey
    against: list[tuple[Objection, tuple[str, str]]]


class Explainer:
    """Explains nodes as they stand, one after the other; what it learned of a node serves for those that are alike."""

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        features: Features,
        whose: Whose,
        compat: str | None = None,
        step_limit: int = _STEPS,
    ) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._features = features
        self._whose = whose
        self._step_limit = step_limit
        self._quirks = Quirks.of(compat)
        self._switches = Switches(features, self._quirks)
        self._remedies = Remedies(inventory, ledger, features, self._quirks)

    def explain(self, claims: Sequence[ResourceClaim], node: Node) -> NodeFinding:
        """Why the claims' devices cannot be had on the node; nothing is set in the answer if they can."""
        report = NodeReport(claims, node)
        outcome = allocate(
            *(self._inventory, self._ledger, claims, node, self._features, report),
            step_limit=self._step_limit,
            share_id=lambda: "probe",
            compat=self._quirks,
        )
        if not isinstance(outcome, Failure | NoSolution):
            return NodeFinding(node=node.name)
        ended, failure = False, ""
        if isinstance(outcome, Failure):
            failure = outcome.told
        elif outcome.limit_reached:
            ended, failure = True, f"the search was ended after {outcome.steps:,} steps without an answer"
        found = [self._request(report, ask) for ask in report.asks]
        met = _met(found)
        finding = NodeFinding(
            node=node.name,
            pools=tuple(_pool_fault(account.pool) for account in report.pools if not account.pool.usable),
            requests=tuple(found),
            together=self._together(report, found) if met else (),
            conflicts=conflicts(report, self._switches) if met else (),
            failure=failure,
        )
        return finding if ended else self._with_remedy(finding, report)

    def _with_remedy(self, finding: NodeFinding, report: NodeReport) -> NodeFinding:
        remedy = self._remedies.find(report)
        pools = (account.pool for account in report.pools)
        teller = Teller(report.claims, report.asks, pools, report.holdings(), self._holder)
        changes = [
            teller.change(one, remedy.amounts) for one in sorted(remedy.obstacles, key=lambda o: o.rank)
        ]
        return msgspec.structs.replace(finding, would_fit_if=tuple(changes), no_change=remedy.why_not)

    def _request(self, report: NodeReport, ask: Ask) -> RequestFinding:
        groups: dict[tuple[tuple[str, str], ...], list[_Rejected]] = {}
        offered = report.offered
        for one in offered:
            against = [(o, (kind_of(o), objection_text(o, ask))) for o in one.against[ask.index]]
            if against:
                told = tuple(dict.fromkeys(words for _, words in against))
                groups.setdefault(told, []).append(_Rejected(one.entry.key, against))
        return RequestFinding(
            claim=ask.claim,
            request=ask.name,
            device_class=ask.class_.metadata.name,
            count=0 if ask.every else ask.count,
            every_device=ask.every,
            devices=len(offered),
            usable=tuple(str(entry.key) for entry in report.usable(ask.index)),
            rejected=tuple(self._rejection(told, group) for told, group in groups.items()),
        )

    def _rejection(self, told: tuple[tuple[str, str], ...], group: Sequence[_Rejected]) -> Rejection:
        reasons = []
        for words in told:
            same = [(one.key, o) for one in group for o, said in one.against if said == words]
            reasons.append(self._reason(words, same))
        first, *also = reasons
        return Rejection(
            kind=first.kind,
            text=first.text,
            devices=tuple(str(one.key) for one in group),
            holders=first.holders,
            used=first.used,
            also=tuple(also),
        )

    def _reason(self, words: tuple[str, str], same: Sequence[tuple[DeviceKey, Objection]]) -> Reason:
        holders: dict[Holder, None] = {}
        for key, one in same:
            if isinstance(one, InUse):
                holders.update(dict.fromkeys(self._whose(key)))
                continue
            for uid in holders_of(one):
                some = self._some_device(uid)
                holder = self._holder(uid, some) if some is not None else None
                if holder is not None:
                    holders[holder] = None
        used = {used_text(one) for _, one in same}
        return Reason(
            kind=words[0],
            text=words[1],
            holders=tuple(holders),
            used=used.pop() if len(used) == 1 else "",
        )

    def _some_device(self, uid: str) -> DeviceKey | None:
        for one in self._ledger.of_claim(uid):
            return DeviceKey(one.driver, one.pool, one.device)
        return None

    def _holder(self, uid: str, key: DeviceKey) -> Holder | None:
        """Who a claim is that has a device; None where nobody knows."""
        uids, known = sorted(self._ledger.holders(key)), self._whose(key)
        return known[uids.index(uid)] if uid in uids and len(known) == len(uids) else None

    def _together(self, report: NodeReport, found: Sequence[RequestFinding]) -> tuple[str, ...]:
        """What is in the way although every request could be met by itself."""
        lines: list[str] = []
        wanted = sum(finding.count for finding in found if "/" not in finding.request)
        common = {key for finding in found for key in finding.usable}
        if wanted > len(common):
            lines.append(
                f"together the requests want {wanted}, and {counted(len(common), 'device')} would do"
            )
        several = len(report.claims) > 1
        for index, claim in enumerate(report.claims):
            lines += _constraints(report, index, f" of claim {claim_label(claim)}" if several else "")
        lines += _short(report)
        if not lines:
            lines.append("the requests want the same devices")
        if len(lines) > _MOST_TOGETHER:
            lines = [*lines[:_MOST_TOGETHER], f"and {len(lines) - _MOST_TOGETHER} reasons more"]
        return tuple(lines)


def _pool_fault(pool: Pool) -> PoolFault:
    fault = f"incomplete: {pool.incomplete}" if pool.incomplete else f"invalid: {pool.invalid}"
    return PoolFault(driver=pool.key[0], pool=pool.key[1], fault=fault)


def _met(found: Sequence[RequestFinding]) -> bool:
    """Whether each request could be met by itself, with one of its alternatives."""
    enough: dict[tuple[str, str], bool] = {}
    for finding in found:
        key = (finding.claim, finding.request.partition("/")[0])
        enough[key] = enough.get(key, False) or finding.enough
    return all(enough.values())


def _short(report: NodeReport) -> list[str]:
    """What was short beside devices that were chosen, for each request, with the devices of which the same is said."""
    found: dict[tuple[int, str], dict[DeviceKey, None]] = {}
    for (index, why), devices in report.short.items():
        found.setdefault((index, objection_text(why, report.asks[index])), {}).update(devices)
    lines = []
    for (index, text), devices in found.items():
        ask = report.asks[index]
        of = f"claim {ask.claim}, " if len(report.claims) > 1 else ""
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
