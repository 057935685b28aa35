"""`drakkar allocate`: the allocator as a pipe, a JSON case a line in, a JSON answer a line out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeVar

import msgspec
import typer

from drakkar.allocator import STEP_LIMIT, Allocated, Allocator, DeviceKey, Failure, Inventory, Ledger, Node
from drakkar.allocator.compat import Quirks
from drakkar.api.features import Features
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity
from drakkar.api.resource import (
    DecodeError,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
)
from drakkar.cli import gates

if TYPE_CHECKING:
    from drakkar.planner.findings import Holder, NodeFinding

T = TypeVar("T")
Answer = dict[str, Any]


class CaseError(ValueError):
    """The line is no case; the message names the key."""


class _Metadata(msgspec.Struct):
    name: str
    labels: dict[str, str] = {}


class _Status(msgspec.Struct, rename="camel"):
    declared_features: tuple[str, ...] = ()


class _Node(msgspec.Struct):
    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)


class _Case(msgspec.Struct, rename="camel"):
    """A line; keys that are not here are ignored, `timeout_s` among them: the bound is on steps, not on time."""

    node: _Node
    id: Any = None
    features: list[str] | None = None
    classes: list[DeviceClass] = []
    slices: list[ResourceSlice] = []
    taint_rules: list[DeviceTaintRule] = []
    allocated: list[ResourceClaim] = []
    claims: list[ResourceClaim] = []


class _Line(msgspec.Struct, rename="camel"):
    """A line of which the devices are not read yet: most often they are those of the line before."""

    node: _Node
    id: Any = None
    features: list[str] | None = None
    classes: msgspec.Raw = msgspec.Raw(b"[]")
    slices: msgspec.Raw = msgspec.Raw(b"[]")
    taint_rules: msgspec.Raw = msgspec.Raw(b"[]")
    allocated: list[ResourceClaim] = []
    claims: list[ResourceClaim] = []


def _many(case: Answer, key: str, kind: type[T]) -> list[T]:
    found = case.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise CaseError(f"{key}: want a list")
    made = []
    for index, obj in enumerate(found):
        try:
            made.append(decode(kind, obj))
        except DecodeError as error:
            raise CaseError(f"{key}[{index}]: {error}") from None
    return made


def _node(case: Answer) -> _Node:
    given = case.get("node")
    metadata = given.get("metadata") if isinstance(given, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise CaseError("node: want a Node with metadata.name")
    try:
        return decode(_Node, given)
    except DecodeError as error:
        raise CaseError(f"node: {error}") from None


def _read(plain: Answer) -> _Case:
    """The case of a line that is not quite as it is mostly: with nulls, or with a fault, which CaseError names."""
    gates = plain.get("features")
    if gates is not None and not (isinstance(gates, list) and all(isinstance(g, str) for g in gates)):
        raise CaseError("features: want a list of feature gate names")
    return _Case(
        id=plain.get("id"),
        features=gates,
        node=_node(plain),
        classes=_many(plain, "classes", DeviceClass),
        slices=_many(plain, "slices", ResourceSlice),
        taint_rules=_many(plain, "taintRules", DeviceTaintRule),
        allocated=_many(plain, "allocated", ResourceClaim),
        claims=_many(plain, "claims", ResourceClaim),
    )


def _inventory(case: _Case) -> Inventory:
    inventory = Inventory()
    for class_ in case.classes:
        inventory.set_class(class_)
    for rule in case.taint_rules:
        inventory.set_rule(rule)
    names: dict[str, int] = {}
    for index, slice_ in enumerate(case.slices):
        before = names.setdefault(slice_.metadata.name, index)
        if before != index:
            raise CaseError(f"slices[{index}]: has the name {slice_.metadata.name!r}, as slices[{before}]")
        inventory.set_slice(slice_)
    return inventory


def _by_uid(allocated: Sequence[ResourceClaim]) -> dict[Uid, ResourceClaim]:
    found: dict[Uid, ResourceClaim] = {}
    for index, claim in enumerate(allocated):
        uid = claim.metadata.uid or Uid(f"allocated-{index}")
        if found.setdefault(uid, claim) is not claim:
            raise CaseError(f"allocated[{index}]: has the uid {uid!r}, as one before it")
    return found


def _check_amounts(claim: ResourceClaim) -> None:
    """QuantityError for what the ledger would take for the whole device: in a case it is a fault."""
    allocation = claim.status.allocation
    for result in allocation.devices.results if allocation is not None else ():
        for text in result.consumed_capacity.values():
            Quantity.parse(text)


class _World:
    """Devices, and who has them: the same from one line to the next where the lines say so."""

    def __init__(self, inventory: Inventory, features: Features, compat: str | None, step_limit: int) -> None:
        self.inventory = inventory
        self.features = features
        self.compat = compat
        self.ledger = Ledger()
        self.allocator = Allocator(inventory, self.ledger, features, compat, step_limit)
        self._allocated: dict[Uid, ResourceClaim] = {}

    def hold(self, allocated: Sequence[ResourceClaim]) -> None:
        """These claims have their devices, and no others."""
        found = _by_uid(allocated)
        for uid in self._allocated.keys() - found.keys():
            self.ledger.remove_claim(uid)
        for uid, claim in found.items():
            before = self._allocated.get(uid)
            if before is None or before.status.allocation != claim.status.allocation:
                _check_amounts(claim)
                self.ledger.set_claim(uid, claim.status.allocation)
        self._allocated = found

    def whose(self, key: DeviceKey) -> tuple[Holder, ...]:
        """The claims that have a device, by uid."""
        from drakkar.planner.findings import Holder

        found = []
        for uid in sorted(self.ledger.holders(key)):
            claim = self._allocated[uid]
            namespace = claim.metadata.namespace
            users = (one.name for one in claim.status.reserved_for if one.resource == "pods")
            label = f"{namespace}/{claim.metadata.name}"
            found.append(Holder(claim=label, pods=tuple(f"{namespace}/{name}" for name in users)))
        return tuple(found)

    def explanation(self, claims: Sequence[ResourceClaim], node: Node) -> list[NodeFinding]:
        """Why the claims have no devices on the node."""
        # The planner is not loaded for those who do not ask.
        from drakkar.planner.report.node_explainer import NodeExplainer

        explainer = NodeExplainer(self.inventory, self.ledger, self.features, self.whose, self.compat)
        return [explainer.explain(claims, node)]


class Pipe:
    """Answers lines one after the other. What it knows of the devices of the last line serves for the next one."""

    def __init__(
        self,
        compat: str | None = None,
        explain: bool = False,
        step_limit: int = STEP_LIMIT,
        features: Features | None = None,
    ) -> None:
        """`features` are those of lines that name none. ValueError for a version of upstream that is not known."""
        self._features = Features.default() if features is None else features
        Quirks.of(compat)
        self._compat = compat
        self._explain = explain
        self._step_limit = step_limit
        self._key: tuple[bytes, ...] | None = None
        self._world: _World | None = None
        self._line = msgspec.json.Decoder(_Line)
        self._classes = msgspec.json.Decoder(list[DeviceClass])
        self._slices = msgspec.json.Decoder(list[ResourceSlice])
        self._rules = msgspec.json.Decoder(list[DeviceTaintRule])

    def answer(self, line: bytes) -> Answer:
        """The answer to one line, its parts as structs; never an exception, so that the pipe goes on."""
        id_: Any = None
        try:
            try:
                given = self._line.decode(line)
                id_ = given.id
                world = self._of(given)
            except msgspec.DecodeError:
                plain = msgspec.json.decode(line)
                if not isinstance(plain, dict):
                    raise CaseError("not a case: want a JSON object") from None
                id_ = plain.get("id")
                case = _read(plain)
                world = self._new(case)
                return {"id": id_, **self._solve(world, case)}
            return {"id": id_, **self._solve(world, given)}
        except CaseError as error:
            told = str(error)
        except msgspec.DecodeError as error:
            told = f"not JSON: {error}"
        except RecursionError:
            told = "the case is nested too deeply"
        except Exception as error:
            # No API server has looked at the case: whatever is wrong with it is the caller's to know.
            told = f"cannot be worked with: {type(error).__name__}: {error}"
        # The books may be half written.
        self._key = self._world = None
        return {"id": id_, "allocations": None, "error": told}

    def _of(self, given: _Line) -> _World:
        texts = (given.classes, given.slices, given.taint_rules)
        gates = ["default"] if given.features is None else ["only", *given.features]
        key = (*map(bytes, texts), *map(str.encode, gates))
        if self._world is None or key != self._key:
            case = _Case(
                node=given.node,
                features=given.features,
                classes=self._classes.decode(given.classes),
                slices=self._slices.decode(given.slices),
                taint_rules=self._rules.decode(given.taint_rules),
            )
            self._key = None
            self._world = self._new(case)
            self._key = key
        return self._world

    def _new(self, case: _Case) -> _World:
        features = self._features if case.features is None else Features.from_gates(case.features)
        return _World(_inventory(case), features, self._compat, self._step_limit)

    def _solve(self, world: _World, case: _Case | _Line) -> Answer:
        """What the answer says beside the id."""
        world.hold(case.allocated)
        at = case.node
        node = Node(at.metadata.name, at.metadata.labels, frozenset(at.status.declared_features))
        outcome = world.allocator.allocate(case.claims, node)
        if isinstance(outcome, Allocated):
            return {"allocations": outcome.results}
        if isinstance(outcome, Failure):
            return {"allocations": None, "error": outcome.message}
        if outcome.limit_reached:
            reached = f"the search reached its bound of {outcome.steps:,} steps without an answer"
            far = f"{outcome.deepest} device{'' if outcome.deepest == 1 else 's'}"
            return {"allocations": None, "error": f"{reached}; it had chosen {far} at the furthest"}
        if not self._explain:
            return {"allocations": None}
        return {"allocations": None, "explanation": world.explanation(case.claims, node)}


def _feed(lines: Iterable[bytes], out: BinaryIO, pipe: Pipe) -> None:
    encode = msgspec.json.Encoder().encode
    for line in lines:
        if line.strip():
            out.write(encode(pipe.answer(line)) + b"\n")
            # Whoever feeds a line may wait for its answer before the next one.
            out.flush()


def allocate_command(
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Say of a case that has no allocations why, in `explanation`: findings as explain's.",
        ),
    ] = False,
    compat: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION", help="Do exactly as that version of upstream's allocator does: 1.37."
        ),
    ] = None,
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Read cases from stdin, a JSON object a line; write an answer for each, as soon as its line is there.

    A case has node, classes, slices, allocated (claims with an allocation), claims, and may have id, features (names of
    feature gates; without it those of --feature-gates), taintRules and timeout_s. Other keys are ignored. The answer has
    id, allocations (or null), and an error where something is at fault. timeout_s is accepted and has no effect: the
    search is bound by its steps and never by the clock, so that a case has the same answer everywhere.
    """
    on = gates.read(feature_gates)
    try:
        pipe = Pipe(compat, explain, features=Features.from_gates(on))
    except ValueError as error:
        typer.echo(f"drakkar: --compat: {error}", err=True)
        raise typer.Exit(2) from None
    try:
        # With PYTHONUNBUFFERED the stream that is there may write a part of a line only.
        with open(sys.stdout.fileno(), "wb", closefd=False) as out:
            _feed(sys.stdin.buffer, out, pipe)
    except BrokenPipeError:
        # Nobody reads on. What is left in the buffer has nowhere to go, at the end of the process either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
