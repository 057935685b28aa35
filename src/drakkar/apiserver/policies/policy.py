"""A compiled policy, and what it says of one request with one parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.policies.evaluation import BUDGET, Answer, Evaluation, OutOfBudgetError, Room
from drakkar.apiserver.policies.match_conditions import ConditionError, MatchConditions
from drakkar.apiserver.policies.variables import Given, Versioned
from drakkar.cel.objects.composition import Compiled, Composition
from drakkar.cel.types import BOOL, NULL, STRING

_LONGEST_MESSAGE: Final = 5 * 1024


class Denial(NamedTuple):
    """Why a request is refused; a `reason` of an empty text is Invalid."""

    message: str
    reason: str = ""
    # One that an audit annotation failed with is told whatever the binding's actions are.
    always: bool = False
    # Which of the policy's validations says so; the first where it is the policy as a whole.
    at: int = 0


class Annotation(NamedTuple):
    """What a policy has for the audit log."""

    key: str
    value: str


class _Validation(NamedTuple):
    source: Object
    condition: Compiled
    message: Compiled | None


class _Named(NamedTuple):
    key: str
    expression: str
    compiled: Compiled


class Policy:
    """Everything that a policy says, compiled once; asking it changes nothing."""

    def __init__(self, policy: Object) -> None:
        spec = policy["spec"]
        composition = Composition.of(spec)
        self.ignores = spec.get("failurePolicy") == "Ignore"
        self._variables = composition.variables
        self._conditions = MatchConditions(composition, spec.get("matchConditions") or ())
        self._validations = [
            _Validation(one, composition.condition(one["expression"], (BOOL,)), _message(composition, one))
            for one in spec.get("validations") or ()
        ]
        self._annotations = [
            _Named(
                one["key"],
                one["valueExpression"],
                composition.condition(one["valueExpression"], (STRING, NULL)),
            )
            for one in spec.get("auditAnnotations") or ()
        ]

    def says(
        self, about: Versioned, params: Any, namespace: Object | None, room: Room
    ) -> Iterator[Denial | Annotation]:
        """What the policy has against a request, and what it has for the audit log; nothing where it is not about it or has
        nothing to say."""
        try:
            if not self._conditions.match(about, params, room):
                return
            given = Given(about, about.described, params, namespace)
            found: list[Denial | Annotation] = [*self._validated(given, room), *self._audited(given, room)]
        except (ConditionError, _FailedError) as error:
            found = [Denial(str(error))]
        if not self.ignores:
            yield from found
            return
        yield from (one for one in found if isinstance(one, Annotation) or one.reason)

    def _validated(self, given: Given, room: Room) -> list[Denial]:
        evaluation = Evaluation(self._variables, given, BUDGET, room)
        try:
            answers = [evaluation.ask(one.condition, one.source["expression"]) for one in self._validations]
        except OutOfBudgetError as error:
            raise _FailedError(str(error)) from None
        messages, failure = self._messages(given, evaluation.left, room)
        found: list[Denial] = []
        for at, (validation, answer) in enumerate(zip(self._validations, answers, strict=True)):
            if answer.error:
                found.append(Denial(answer.error, at=at))
            elif failure:
                found.append(Denial(f"failed messageExpression: {failure}", at=at))
            elif answer.value is not True:
                message = messages[at] if at < len(messages) else None
                reason = validation.source.get("reason") or "Invalid"
                found.append(Denial(_told(validation.source, message), reason, at=at))
        return found

    def _messages(self, given: Given, budget: int, room: Room) -> tuple[list[Answer | None], str]:
        """What the expressions for messages come to, or why they come to nothing."""
        evaluation = Evaluation(self._variables, given, budget, room)
        messages: list[Answer | None] = []
        try:
            for one in self._validations:
                expression = one.source.get("messageExpression", "")
                asked = None if one.message is None else evaluation.ask(one.message, expression)
                messages.append(asked)
        except OutOfBudgetError as error:
            return [], str(error)
        return messages, ""

    def _audited(self, given: Given, room: Room) -> Iterable[Denial | Annotation]:
        """The audit annotations; one that fails is a denial, also where there is no audit log."""
        if not self._annotations:
            return []
        evaluation = Evaluation(self._variables, given, BUDGET, room)
        try:
            answers = [evaluation.ask(one.compiled, one.expression) for one in self._annotations]
        except OutOfBudgetError as error:
            raise _FailedError(str(error)) from None
        return [
            Denial(answer.error, always=True) if answer.error else Annotation(one.key, _text(answer))
            for one, answer in zip(self._annotations, answers, strict=True)
            if answer.error or _text(answer)
        ]


def _text(answer: Answer) -> str:
    return answer.value.strip() if isinstance(answer.value, str) else ""


class _FailedError(Exception):
    """The policy as a whole came to nothing."""


def _message(composition: Composition, validation: Object) -> Compiled | None:
    expression = validation.get("messageExpression")
    return composition.condition(expression, (STRING,), authorizer=False) if expression else None


def _told(validation: Object, answer: Answer | None) -> str:
    message = ""
    if answer is not None and isinstance(answer.value, str):
        message = answer.value.strip()
        if len(message.encode(errors="surrogatepass")) > _LONGEST_MESSAGE or "\n" in message:
            message = ""
    message = message or (validation.get("message") or "").strip()
    return message or f"failed expression: {validation['expression'].strip()}"
