"""Why a node has no devices for a pod's claims: request by request, device by device, and together; and what the least is
that would have to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drakkar.allocator import DeviceKey, Failure, Inventory, Ledger, Node, NoSolution, Reporter, allocate
from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.constraints import compared
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches as Terms
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim
from drakkar.planner.conflicts import conflicts
from drakkar.planner.findings import (
    Conflict,
    Holder,
    NodeFinding,
    PoolFault,
    Reason,
    Rejection,
    RequestFinding,
)
from drakkar.planner.objections import Objection
from drakkar.planner.parts import Part, label
from drakkar.planner.remedies import Remedies
from drakkar.planner.scene import Scene, Stance
from drakkar.planner.telling import Teller
from drakkar.planner.wording import Whose, attribute_name, attribute_text, counted

# Enough to see what stands against what; a search that is made to be hard is not waited for.
_STEPS = 20_000
_MOST_TOGETHER = 24
_MOST_VALUES = 6


class _Trace(Reporter):
    """Hears the node's pools, and what depends on what else was chosen."""

    def __init__(self) -> None:
        self.pools: Sequence[Pool] = ()
        self.rejected: dict[tuple[str, str, str], dict[DeviceKey, None]] = {}

    def gathering(self, pools: Sequence[Pool]) -> None:
        self.pools = pools

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: str) -> None:
        if why.startswith(("counter ", "capacity ")):
            self.rejected.setdefault((ask.claim, ask.name, why), {})[device] = None


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
        self._terms = Terms(features, self._quirks)
        self._remedies = Remedies(inventory, features, self._quirks)

    def explain(self, claims: Sequence[ResourceClaim], node: Node) -> NodeFinding:
        """Why the claims' devices cannot be had on the node; nothing is set in the answer if they can."""
        trace = _Trace()
        outcome = allocate(
            *(self._inventory, self._ledger, claims, node, self._features, trace),
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
        scene = Scene(self._inventory, self._ledger, self._terms, claims, node, trace.pools)
        found = [self._request(scene, position) for position in range(len(scene.parts))]
        met = _met(found)
        finding = NodeFinding(
            node=node.name,
            pools=tuple(
                PoolFault(
                    driver=pool.key[0],
                    pool=pool.key[1],
                    fault=f"incomplete: {pool.incomplete}" if pool.incomplete else f"invalid: {pool.invalid}",
                )
                for pool in trace.pools
                if not pool.usable
            ),
            requests=tuple(found),
            together=self._together(scene, found, trace) if met else (),
            conflicts=_conflicts(scene) if met else (),
            failure=failure,
        )
        return finding if ended else self._with_remedy(finding, scene)

    def _with_remedy(self, finding: NodeFinding, scene: Scene) -> NodeFinding:
        remedy = self._remedies.find(scene)
        teller = Teller(self._inventory, scene.claims, scene.parts, scene.pools, scene.held, self._holder)
        changes = [
            teller.change(one, remedy.amounts) for one in sorted(remedy.obstacles, key=lambda o: o.rank)
        ]
        return msgspec.structs.replace(finding, would_fit_if=tuple(changes), no_change=remedy.why_not)

    def _request(self, scene: Scene, position: int) -> RequestFinding:
        part = scene.parts[position]
        groups: dict[tuple[tuple[str, str], ...], list[Stance]] = {}
        for stance in scene.offered:
            against = stance.against[position]
            if against:
                told = tuple(dict.fromkeys((one.kind, one.text) for one in against))
                groups.setdefault(told, []).append(stance)
        return RequestFinding(
            claim=label(part.claim),
            request=part.name,
            device_class=part.what.device_class_name,
            count=0 if part.every else part.what.count,
            every_device=part.every,
            devices=len(scene.offered),
            usable=tuple(str(entry.key) for entry in scene.usable(position)),
            rejected=tuple(self._rejection(told, group, position) for told, group in groups.items()),
        )

    def _rejection(
        self, told: tuple[tuple[str, str], ...], group: Sequence[Stance], position: int
    ) -> Rejection:
        reasons = []
        for kind, text in told:
            same = [
                (stance, one)
                for stance in group
                for one in stance.against[position]
                if (one.kind, one.text) == (kind, text)
            ]
            reasons.append(self._reason(kind, text, same))
        first, *also = reasons
        return Rejection(
            kind=first.kind,
            text=first.text,
            devices=tuple(str(stance.entry.key) for stance in group),
            holders=first.holders,
            used=first.used,
            also=tuple(also),
        )

    def _reason(self, kind: str, text: str, same: Sequence[tuple[Stance, Objection]]) -> Reason:
        holders: dict[Holder, None] = {}
        for stance, one in same:
            if kind == "taken":
                holders.update(dict.fromkeys(self._whose(stance.entry.key)))
                continue
            for uid in sorted(one.holders):
                key = self._some_device(uid)
                holder = self._holder(uid, key) if key is not None else None
                if holder is not None:
                    holders[holder] = None
        used = {one.used for _, one in same}
        return Reason(kind=kind, text=text, holders=tuple(holders), used=used.pop() if len(used) == 1 else "")

    def _some_device(self, uid: str) -> DeviceKey | None:
        for one in self._ledger.of_claim(uid):
            return DeviceKey(one.driver, one.pool, one.device)
        return None

    def _holder(self, uid: str, key: DeviceKey) -> Holder | None:
        """Who a claim is that has a device; None where nobody knows."""
        uids, known = sorted(self._ledger.holders(key)), self._whose(key)
        return known[uids.index(uid)] if uid in uids and len(known) == len(uids) else None

    def _together(self, scene: Scene, found: Sequence[RequestFinding], trace: _Trace) -> tuple[str, ...]:
        """What is in the way although every request could be met by itself."""
        lines: list[str] = []
        wanted = sum(finding.count for finding in found if "/" not in finding.request)
        common = {key for finding in found for key in finding.usable}
        if wanted > len(common):
            lines.append(
                f"together the requests want {wanted}, and {counted(len(common), 'device')} would do"
            )
        several = len(scene.claims) > 1
        for index, claim in enumerate(scene.claims):
            lines += _constraints(scene, index, f" of claim {label(claim)}" if several else "")
        for (claim_name, request, why), devices in trace.rejected.items():
            of = f"claim {claim_name}, " if several else ""
            lines.append(f"{of}request {request}: {counted(len(devices), 'device')}: {why}")
        if not lines:
            lines.append("the requests want the same devices")
        if len(lines) > _MOST_TOGETHER:
            lines = [*lines[:_MOST_TOGETHER], f"and {len(lines) - _MOST_TOGETHER} reasons more"]
        return tuple(lines)


def _met(found: Sequence[RequestFinding]) -> bool:
    """Whether each request could be met by itself, with one of its alternatives."""
    enough: dict[tuple[str, str], bool] = {}
    for finding in found:
        key = (finding.claim, finding.request.partition("/")[0])
        enough[key] = enough.get(key, False) or finding.enough
    return all(enough.values())


def _conflicts(scene: Scene) -> tuple[Conflict, ...]:
    about = [(part, scene.usable(position)) for position, part in enumerate(scene.parts)]
    return conflicts(scene.objections, about)


def _constraints(scene: Scene, claim: int, of: str) -> list[str]:
    lines = []
    for number, constraint in enumerate(scene.claims[claim].spec.devices.constraints):
        name = compared(constraint)
        about: list[Part] = []
        entries: dict[DeviceKey, DeviceEntry] = {}
        for position, part in enumerate(scene.parts):
            if part.claim_index == claim and any(index == number for index, _ in part.constraints()):
                about.append(part)
                entries.update((entry.key, entry) for entry in scene.usable(position))
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
        requests = ", ".join(dict.fromkeys(part.name for part in about))
        lines.append(
            f"constraint #{number}{of} wants {what} {attribute_name(name, driver)} for"
            f" {requests}; the devices that would do have {listed}"
        )
    return lines
