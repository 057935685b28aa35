"""An expression that is compiled once and run with other variables each time, within a limit of its cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from drakkar.cel.cost.estimate import most_cost
from drakkar.cel.depth import deeply
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.expression import Checked, made
from drakkar.cel.outcome import CompileError, EvalError, Fault, LimitExceeded, Panic, Refusal
from drakkar.cel.remembered import Remembered
from drakkar.cel.run.interpreter import Interpreter, Plan, Variables
from drakkar.cel.settle.constants import PATTERNS, Constants
from drakkar.cel.syntax.tree import Call, Ident, parts
from drakkar.cel.types import Type
from drakkar.cel.values import COST_LIMIT

_TOO_MUCH: Final = "operation cancelled: actual cost limit exceeded"


class Outcome(NamedTuple):
    """What a run came to: a value or an EvalError, what it cost, and whether it was broken off at its limit."""

    value: Any
    cost: int
    exhausted: bool = False


class Program:
    """A compiled expression. Running it changes nothing that shows, and several may run it at once."""

    __slots__ = ("_environment", "_plan", "expression", "type")

    def __init__(self, expression: str, environment: Environment, wanted: Sequence[Type]) -> None:
        tree = Checked(expression, environment).tree
        self.expression = expression
        self.type: Type = tree.type
        if wanted and self.type not in wanted:
            raise Refusal(f"must evaluate to {_listed(wanted)} but got {_name(self.type)}", 0, "result")
        self._plan = Plan(tree, Constants(tree))
        self._environment = environment

    def most_cost(self) -> int:
        """The most that it may cost, by the sizes that its environment knows."""
        tree = self._plan.tree
        return deeply(lambda: most_cost(tree, self._environment))

    def names(self) -> frozenset[str]:
        """The variables that it reads, and those of its macros that are called like them."""
        waiting, found = [self._plan.tree], set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, Ident):
                found.add(node.name.removeprefix("."))
            waiting += parts(node)
        return frozenset(found)

    def searches(self) -> bool:
        """Whether it searches texts for patterns, which may be much work to compile."""
        waiting = [self._plan.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Call) and any(one in PATTERNS for one in node.overloads):
                return True
            waiting += parts(node)
        return False

    def run(self, variables: Variables, limit: int = COST_LIMIT) -> Outcome:
        """What the expression comes to with these variables, if it costs no more than `limit`."""
        interpreter = Interpreter(self._plan, limit)
        try:
            return Outcome(deeply(lambda: interpreter.run(variables)), interpreter.spent)
        except (Fault, Panic) as fault:
            return Outcome(EvalError(str(fault)), interpreter.spent)
        except LimitExceeded:
            return Outcome(EvalError(_TOO_MUCH), interpreter.spent, True)
        except (TypeError, AttributeError):
            # What is declared of an object need not be true of it: its times are texts.
            return Outcome(EvalError("no such overload"), interpreter.spent)


def _listed(wanted: Sequence[Type]) -> str:
    if len(wanted) == 1:
        return _name(wanted[0])
    return f"one of [{' '.join(map(_name, wanted))}]"


def _name(type_: Type) -> str:
    return type_.name if type_.kind == "null" else str(type_)


_known: Remembered[Program | CompileError] = Remembered()


def program(expression: str, environment: Environment, wanted: Sequence[Type] = ()) -> Program | CompileError:
    """Compile an expression whose value has one of the wanted types, or any where none is; or say why it cannot be.

    What was compiled before in the same environment, which must be the very same, is remembered.
    """
    key = _Same(environment), tuple(wanted)
    return _known.get(expression, key, lambda: compiled(expression, environment, wanted))


def compiled(
    expression: str, environment: Environment, wanted: Sequence[Type] = ()
) -> Program | CompileError:
    """The same, anew and for once."""
    return made(lambda text, given: Program(text, given, wanted), expression, environment)


class _Same:
    """Something by its identity, and kept, so that nothing else comes to have it."""

    __slots__ = ("_it",)

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._it is other._it

    def __hash__(self) -> int:
        return id(self._it)
