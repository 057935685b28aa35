"""Obstacles in words that go on from "would fit if": whose manifest, which claim's devices, how much less."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.object import Uid
from drakkar.planner.findings import Change, Holder
from drakkar.planner.report.holders import Holders
from drakkar.planner.report.phrases import claim_label, counted, in_one_line, listed, taint_text
from drakkar.planner.why.changed_claims import Amounts
from drakkar.planner.why.node_report import NodeReport
from drakkar.planner.why.obstacles import KINDS, Obstacle, Rank
from drakkar.planner.why.obstacles import holders as claims_behind

_MOST_DEVICES = 4
_MOST_CLAIMS = 8


class ChangeText:
    """Tells the obstacles of one node; claims are named only where their requests have the same names."""

    def __init__(self, report: NodeReport, holders: Holders) -> None:
        self._claims = report.claims
        self._asks = {(ask.claim_index, ask.name): ask for ask in report.asks}
        self._of_class = {ask.class_.metadata.name: ask for ask in report.asks}
        # In how many claims there is a request or an alternative of a name.
        self._claims_with: dict[str, set[int]] = {}
        for ask in report.asks:
            for name in (ask.name, ask.request):
                self._claims_with.setdefault(name, set()).add(ask.claim_index)
        self._pools = {account.pool.key: account.pool for account in report.pools}
        self._holdings = report.holdings
        self._holders = holders

    def change(self, one: Obstacle, amounts: Amounts) -> Change:
        """The obstacle as it is told."""
        holders: list[Holder] = []
        devices: list[str] = []
        for uid in claims_behind(one):
            keys = self._holdings.get(uid, [])
            devices += map(str, keys)
            holder = self._holders.with_device(uid, keys[0]) if keys else None
            if holder is not None:
                holders.append(holder)
        return Change(
            kind=KINDS[one.rank],
            text=self._text(one, amounts),
            claim=claim_label(self._claims[one.claim]) if one.claim >= 0 else "",
            request=one.request,
            subject=_subject(one),
            amount=str(amounts.get(one, "")),
            holders=tuple(holders),
            devices=tuple(devices),
        )

    def _request(self, one: Obstacle) -> str:
        if len(self._asks) == 1:
            return "the request"
        several = len(self._claims_with.get(one.request, ())) > 1
        return f"request {one.request}" + (
            f" of claim {claim_label(self._claims[one.claim])}" if several else ""
        )

    def _text(self, one: Obstacle, amounts: Amounts) -> str:
        match one.rank, one.subject:
            case Rank.COUNT, _:
                ask = self._asks[one.claim, one.request]
                wanted = "all" if ask.every else f"{ask.count:,}"
                return f"{self._request(one)} asked for {counted(int(amounts[one]), 'device')} instead of {wanted}"
            case Rank.CAPACITY, str(name):
                asked = self._asks[one.claim, one.request].capacity[name].text
                return f"{self._request(one)} asked for {amounts[one]} of {name} instead of {asked}"
            case Rank.CAPACITY_REQUEST, name:
                return f"{self._request(one)} did not ask for capacity {name}"
            case Rank.TOLERATION, (str(key), str(value), str(effect)):
                by = "" if len(self._asks) == 1 else f" by {self._request(one)}"
                return f"taint {taint_text(key, value, effect)} were tolerated{by}"
            case Rank.SELECTOR, int(index):
                text = self._asks[one.claim, one.request].own_selector(index)
                return f"selector #{index} of {self._request(one)} ({in_one_line(text)}) were dropped"
            case Rank.CONSTRAINT, int(index):
                return self._constraint(one, index)
            case ((Rank.HOLDER | Rank.HOLDERS), _):
                return self._gave_back(claims_behind(one))
            case Rank.POOL, (str(driver), str(name)):
                pool = self._pools[driver, name]
                there = (
                    f"complete ({pool.incomplete} are there)"
                    if pool.incomplete
                    else f"valid ({pool.invalid})"
                )
                return f"pool {driver}/{name} were {there}"
            case Rank.CLASS_SELECTOR, (str(name), int(index)):
                text = self._of_class[name].expressions[index]
                return f"selector #{index} of class {name} ({in_one_line(text)}) were dropped"
            case Rank.FEATURE, name:
                return f"feature {name} were on"
            case Rank.NODE_FEATURE, name:
                return f"feature {name} were on and the node declared it"
        return f"{self._request(one)} were left out"

    def _constraint(self, one: Obstacle, index: int) -> str:
        constraint = self._claims[one.claim].spec.devices.constraints[index]
        several = sum(bool(claim.spec.devices.constraints) for claim in self._claims) > 1
        of = f" of claim {claim_label(self._claims[one.claim])}" if several else ""
        match = constraint.match_attribute
        what = f"matchAttribute {match}" if match else f"distinctAttribute {constraint.distinct_attribute}"
        return f"constraint #{index}{of} ({what}) were dropped"

    def _gave_back(self, uids: Sequence[Uid]) -> str:
        texts = []
        for uid in uids:
            keys = self._holdings.get(uid, [])
            holder = self._holders.with_device(uid, keys[0]) if keys else None
            texts.append(holder.claim if holder is not None else "of somebody else")
        keys = [key for uid in uids for key in self._holdings.get(uid, [])]
        names = [key.device for key in keys]
        if len(set(names)) < len(set(keys)):
            names = [str(key) for key in keys]
        names = list(dict.fromkeys(names))
        if len(names) > _MOST_DEVICES:
            names = [*names[: _MOST_DEVICES - 1], f"{len(names) - _MOST_DEVICES + 1:,} devices more"]
        if len(texts) > _MOST_CLAIMS:
            texts = [*texts[: _MOST_CLAIMS - 1], f"{len(texts) - _MOST_CLAIMS + 1:,} more"]
        who = f"claim {texts[0]}" if len(uids) == 1 else f"claims {listed(texts)}"
        return f"{who} gave back {listed(names)}"


def _subject(one: Obstacle) -> str:
    match one.rank, one.subject:
        case ((Rank.HOLDER | Rank.HOLDERS), _):
            return ""
        case Rank.TOLERATION, (str(key), str(value), str(effect)):
            return taint_text(key, value, effect)
        case ((Rank.POOL | Rank.CLASS_SELECTOR), tuple(names)):
            return "/".join(map(str, names))
    return "" if one.subject is None else str(one.subject)
