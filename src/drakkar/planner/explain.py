"""Why a node has no devices for a pod's claims: request by request, device by device, and together."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator import DeviceKey, Failure, Inventory, Ledger, Node, NoSolution, Reporter, allocate
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.pools import Pool
from drakkar.allocator.requests import Ask
from drakkar.api.features import Features
from drakkar.api.resource import ResourceClaim
from drakkar.planner.alone import Bench, Part, parts
from drakkar.planner.findings import Holder, NodeFinding, PoolFault, Rejection, RequestFinding
from drakkar.planner.wording import Whose, attribute_name, attribute_text, reason

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
        self.rejected.setdefault((ask.claim, ask.name, why), {})[device] = None


def _label(claim: ResourceClaim) -> str:
    return f"{claim.metadata.namespace}/{claim.metadata.name}"


def counted(count: int, one: str) -> str:
    """`1 device`, `1,000 devices`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


class Explainer:
    """Explains nodes as they stand; made anew whenever the ledger has changed."""

    def __init__(self, inventory: Inventory, ledger: Ledger, features: Features, whose: Whose) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._features = features
        self._whose = whose

    def explain(self, claims: Sequence[ResourceClaim], node: Node) -> NodeFinding:
        """Why the claims' devices cannot be had on the node; nothing is set in the answer if they can."""
        trace = _Trace()
        outcome = allocate(
            self._inventory,
            self._ledger,
            claims,
            node,
            self._features,
            trace,
            step_limit=_STEPS,
            share_id=lambda: "probe",
        )
        if not isinstance(outcome, Failure | NoSolution):
            return NodeFinding(node=node.name)
        failure = outcome.told if isinstance(outcome, Failure) else ""
        if isinstance(outcome, NoSolution) and outcome.limit_reached:
            failure = f"the search was ended after {outcome.steps:,} steps without an answer"
        entries = [entry for pool in trace.pools if pool.usable for entry in pool.devices]
        bench = Bench(self._inventory, self._ledger, node, self._features)
        found = [self._request(part, entries, bench) for claim in claims for part in parts(claim)]
        return NodeFinding(
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
            together=self._together(claims, found, entries, trace),
            failure=failure,
        )

    def _request(self, part: Part, entries: Sequence[DeviceEntry], bench: Bench) -> RequestFinding:
        class_ = self._inventory.classes.get(part.what.device_class_name)
        usable: list[str] = []
        groups: dict[tuple[str, str], list[DeviceEntry]] = {}
        for entry in entries:
            verdict = bench.ask(part, entry)
            if verdict.why:
                groups.setdefault(reason(verdict, part, class_, entry), []).append(entry)
            else:
                usable.append(str(entry.key))
        return RequestFinding(
            claim=_label(part.claim),
            request=part.name,
            device_class=part.what.device_class_name,
            count=0 if part.every else part.what.count,
            every_device=part.every,
            devices=len(entries),
            usable=tuple(usable),
            rejected=tuple(self._rejection(kind, text, group) for (kind, text), group in groups.items()),
        )

    def _rejection(self, kind: str, text: str, group: list[DeviceEntry]) -> Rejection:
        holders: dict[Holder, None] = {}
        for entry in group:
            if kind == "taken":
                holders.update(dict.fromkeys(self._whose(entry.key)))
            elif kind == "counter":
                holders.update(dict.fromkeys(self._counter_holders(entry, text)))
            elif kind == "capacity":
                holders.update(dict.fromkeys(self._whose(entry.key)))
        return Rejection(
            kind=kind, text=text, devices=tuple(str(entry.key) for entry in group), holders=tuple(holders)
        )

    def _counter_holders(self, entry: DeviceEntry, text: str) -> list[Holder]:
        """Whose devices use up the counter that the text names."""
        found: list[Holder] = []
        pool = (entry.key.driver, entry.key.pool)
        for slice_ in self._inventory.of_pool(pool):
            for other in slice_.devices:
                uses = (
                    f"counter {use.counter_set}/{name}:"
                    for use in other.device.consumes_counters
                    for name in use.counters
                )
                if self._ledger.in_use(other.key) and any(text.startswith(use) for use in uses):
                    found += self._whose(other.key)
        return found

    def _together(
        self,
        claims: Sequence[ResourceClaim],
        found: Sequence[RequestFinding],
        entries: Sequence[DeviceEntry],
        trace: _Trace,
    ) -> tuple[str, ...]:
        """What is in the way although every request could be met by itself; empty if one could not."""
        enough: dict[tuple[str, str], bool] = {}
        for finding in found:
            key = (finding.claim, finding.request.partition("/")[0])
            enough[key] = enough.get(key, False) or finding.enough
        if not all(enough.values()):
            return ()
        by_key = {str(entry.key): entry for entry in entries}
        lines: list[str] = []
        wanted = sum(finding.count for finding in found if "/" not in finding.request)
        common = {key for finding in found for key in finding.usable}
        if wanted > len(common):
            lines.append(
                f"together the requests want {wanted}, and {counted(len(common), 'device')} would do"
            )
        for claim in claims:
            lines += self._constraints(
                claim, found, by_key, f" of claim {_label(claim)}" if len(claims) > 1 else ""
            )
        for (claim_name, request, why), devices in trace.rejected.items():
            if why.startswith(("counter ", "capacity ")):
                of = f"claim {claim_name}, " if len(claims) > 1 else ""
                lines.append(f"{of}request {request}: {counted(len(devices), 'device')}: {why}")
        if not lines:
            lines.append("the requests want the same devices")
        if len(lines) > _MOST_TOGETHER:
            lines = [*lines[:_MOST_TOGETHER], f"and {len(lines) - _MOST_TOGETHER} reasons more"]
        return tuple(lines)

    def _constraints(
        self, claim: ResourceClaim, found: Sequence[RequestFinding], by_key: dict[str, DeviceEntry], of: str
    ) -> list[str]:
        lines = []
        label = _label(claim)
        for index, constraint in enumerate(claim.spec.devices.constraints):
            name = constraint.match_attribute or constraint.distinct_attribute or ""
            about = [
                finding
                for finding in found
                if finding.claim == label
                and (
                    not constraint.requests
                    or finding.request in constraint.requests
                    or finding.request.partition("/")[0] in constraint.requests
                )
            ]
            values: dict[str, int] = {}
            for key in dict.fromkeys(key for finding in about for key in finding.usable):
                value = attribute_text(by_key[key], name)
                if value is not None:
                    values[value] = values.get(value, 0) + 1
            if not values:
                continue
            most = sorted(values.items(), key=lambda item: -item[1])
            listed = ", ".join(
                f"{value} on {counted(count, 'device')}" for value, count in most[:_MOST_VALUES]
            )
            if len(most) > _MOST_VALUES:
                listed += f" and {len(most) - _MOST_VALUES} values more"
            driver = next(iter(by_key.values())).key.driver
            what = "the same" if constraint.match_attribute else "a different"
            requests = ", ".join(dict.fromkeys(finding.request for finding in about))
            lines.append(
                f"constraint #{index}{of} wants {what} {attribute_name(name, driver)} for"
                f" {requests}; the devices that would do have {listed}"
            )
        return lines
