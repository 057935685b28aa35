"""The macros over lists and maps, round by round, with the errors that they absorb and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from drakkar.cel.library.maps import Growth, make_map
from drakkar.cel.outcome import Fault
from drakkar.cel.run.scope import Scope
from drakkar.cel.syntax.tree import Call, Fold, ListLiteral, Node
from drakkar.cel.values import as_bool, new_list, no_overload, type_name

_Ask = Callable[[Node, Scope | None], Any]


class _Failed:
    """The error that has taken the place of what a macro makes.

    Upstream goes on after a round that failed. Of several errors the first is kept where something is added, and the last
    where a condition is asked.
    """

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last: Fault | None = None

    def told(self) -> None:
        """The Fault, if there is one."""
        if self.last is not None:
            raise self.last


class Folds:
    """The macros of one run: `ask` gives the value of a node, `pay` counts, `planned` holds what costs nothing."""

    def __init__(self, ask: _Ask, pay: Callable[[int], None], planned: Mapping[Node, Any]) -> None:
        self._ask = ask
        self._pay = pay
        self._planned = planned

    def value(self, node: Fold, over: Any, scope: Scope | None) -> Any:
        """What a macro comes to over a list or map; Fault where that is an error."""
        rounds = self._rounds(node, over, scope)
        match node.shape:
            case "all":
                return self._all_or_some(node, rounds, False)
            case "exists":
                return self._all_or_some(node, rounds, True)
            case "exists_one":
                return self._exactly_one(node, rounds)
            case "map" | "filter":
                return self._collected(node, rounds)
        return self._inserted(node, rounds)

    @staticmethod
    def _rounds(node: Fold, over: Any, scope: Scope | None) -> Iterable[Scope]:
        if not isinstance(over, tuple | Mapping):
            raise Fault(f"unsupported comprehension range type: {type_name(over)}")
        if node.var2 is None:
            return ((node.var, item, scope) for item in over)
        pairs = over.items() if isinstance(over, Mapping) else enumerate(over)
        return ((node.var2, value, (node.var, key, scope)) for key, value in pairs)

    def _all_or_some(self, node: Fold, rounds: Iterable[Scope], decisive: bool) -> bool:
        assert isinstance(node.step, Call)
        holds = node.step.args[1]
        fault: Fault | None = None
        decided = False
        # Whether to go on is asked before each round, and once more when it is decided and there is another one.
        condition = 3 if decisive else 2
        for scope in rounds:
            self._pay(condition)
            if decided:
                break
            self._pay(1)
            try:
                decided = as_bool(self._ask(holds, scope)) is decisive
            except Fault as error:
                fault = fault or error
        self._pay(1)
        if decided:
            return decisive
        if fault is not None:
            raise fault
        return not decisive

    def _exactly_one(self, node: Fold, rounds: Iterable[Scope]) -> bool:
        assert isinstance(node.step, Call)
        count, failed = 0, _Failed()
        for scope in rounds:
            try:
                if as_bool(self._ask(node.step.args[0], scope)):
                    count += 1
                    self._pay(2)
            except Fault as error:
                failed.last = error
        self._pay(2)
        failed.told()
        return count == 1

    def _chosen(self, condition: Node | None, rounds: Iterable[Scope], failed: _Failed) -> Iterator[Scope]:
        """The rounds in which something is added."""
        for scope in rounds:
            try:
                if condition is not None and not as_bool(self._ask(condition, scope)):
                    continue
            except Fault as error:
                failed.last = error
                continue
            self._pay(1)
            yield scope

    def _collected(self, node: Fold, rounds: Iterable[Scope]) -> tuple[Any, ...]:
        grown, condition = _growing(node)
        item = grown.args[1]
        assert isinstance(item, ListLiteral)
        made: list[Any] = []
        failed = _Failed()
        for scope in self._chosen(condition, rounds, failed):
            try:
                made.append(self._ask(item.items[0], scope))
            except Fault as error:
                failed.last = failed.last or error
            self._pay(1 if item in self._planned else 11)
        self._pay(1)
        failed.told()
        return new_list(made)

    def _inserted(self, node: Fold, rounds: Iterable[Scope]) -> Mapping[Any, Any]:
        grown, condition = _growing(node)
        insert = self._insert_pair if len(grown.args) == 3 else self._insert_map
        made = Growth()
        failed = _Failed()
        for scope in self._chosen(condition, rounds, failed):
            try:
                insert(made, grown, scope, failed)
            except Fault as error:
                failed.last = error
        self._pay(1)
        failed.told()
        return made.map()

    def _insert_pair(self, made: Growth, grown: Call, scope: Scope, failed: _Failed) -> None:
        # Of three operands none is looked at after one that failed.
        failed.told()
        key = self._ask(grown.args[1], scope)
        try:
            made.add(make_map(((key, self._ask(grown.args[2], scope), False),)))
        finally:
            self._pay(1)

    def _insert_map(self, made: Growth, grown: Call, scope: Scope, failed: _Failed) -> None:
        try:
            entries = self._ask(grown.args[1], scope)
            failed.told()
            if not isinstance(entries, Mapping):
                raise no_overload("cel.@mapInsert", made.map(), entries)
            made.add(entries)
        except Fault as error:
            raise failed.last or error from None
        finally:
            self._pay(1)


def _growing(node: Fold) -> tuple[Call, Node | None]:
    """The call that adds something in a round, and on what condition."""
    step = node.step
    assert isinstance(step, Call)
    if step.function != "_?_:_":
        return step, None
    grown = step.args[1]
    assert isinstance(grown, Call)
    return grown, step.args[0]
