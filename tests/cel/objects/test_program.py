"""Expressions about plain objects: what they may name, what they come to, and within what cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drakkar.cel.library.authorizer import Authorizer, Decision, Question, ResourceCheck
from drakkar.cel.objects.admission import environment
from drakkar.cel.objects.plain import plain
from drakkar.cel.objects.program import Outcome, Program, program
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.cel.types import BOOL, INT, NULL, STRING

ENVIRONMENT = environment(True, True, (("most", INT),))
OBJECT = {"spec": {"replicas": 3, "share": 1.0, "ports": [80, 443], "empty": [], "none": None}}


def decide(question: Question) -> Decision:
    if question.account is not None:
        return Decision(False, "nobody knows it")
    return Decision((question.verb, question.resource, question.path) != ("get", "secrets", ""))


VARIABLES: dict[str, Any] = {
    "object": plain(OBJECT),
    "oldObject": None,
    "params": None,
    "namespaceObject": None,
    "request": plain({"name": "x", "operation": "CREATE", "userInfo": {"extra": {"node": ["n"]}}}),
    "variables": {"most": 5},
    "authorizer": Authorizer(decide),
    "authorizer.requestResource": ResourceCheck(decide, Question(resource="secrets")),
}


def run(expression: str, limit: int = 1_000_000) -> Outcome:
    made = program(expression, ENVIRONMENT)
    assert isinstance(made, Program), made
    return made.run(VARIABLES.__getitem__, limit)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("object.spec.replicas > 2", True),
        ("object.spec.share == 1 && type(object.spec.share) == double", True),
        ("type(object.spec.replicas) == int", True),
        ("object.spec.ports == [80, 443]", True),
        ("object.spec.empty == []", True),
        ("object.spec.none == null", True),
        ("has(object.spec.replicas) && !has(object.spec.paused)", True),
        ("object.?status.?phase.orValue('none')", "none"),
        ("object.spec.ports.exists(p, p == 443)", True),
        ("object.spec.ports.map(p, p + 1)", (81, 444)),
        ("object.spec.transformMap(k, v, k == 'replicas', v)", {"replicas": 3}),
        ("oldObject == null || oldObject.spec.x == 1", True),
        ("namespaceObject == null", True),
        ("variables.most + 1", 6),
        ("request.userInfo.extra[?'node'][0].orValue('') + request.name", "nx"),
        ("authorizer.path('/x').check('get').allowed()", True),
        ("authorizer.group('').resource('secrets').check('get').allowed()", False),
        ("authorizer.serviceAccount('a', 'b').path('/x').check('get').reason()", "nobody knows it"),
        ("authorizer.requestResource.check('get').allowed()", False),
        ("authorizer.requestResource.check('get').errored()", False),
    ],
)
def test_values(expression: str, value: object) -> None:
    assert run(expression).value == value


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("object.spec.paused", "no such key: paused"),
        ("object.status.phase == 'x'", "no such key: status"),
        ("namespaceObject.metadata.name == 'x'", "no such key: metadata"),
        ("params.data.x == 'y'", "no such key: data"),
        ("object.spec.ports[5] == 1", "index out of bounds: 5"),
        ("authorizer.path(' ').check('get').allowed()", "path must not be empty"),
        (
            "authorizer.serviceAccount('a', 'B').path('/x').check('get').allowed()",
            "Invalid service account name",
        ),
    ],
)
def test_errors(expression: str, error: str) -> None:
    assert run(expression).value == EvalError(error)


@pytest.mark.parametrize(
    ("expression", "wanted", "said"),
    [
        ("object.spec", (BOOL,), "must evaluate to bool but got dyn"),
        ("1", (STRING, NULL), "must evaluate to one of [string null_type] but got int"),
        ("variables.least", (), "undefined field 'least'"),
        ("request.object", (), "undefined field 'object'"),
        ("request.name == 1", (), "found no matching overload for '_==_' applied to '(string, int)'"),
        ("device.driver", (), "undeclared reference to 'device' (in container '')"),
        ("authorizer.foo", (), "unexpected failed resolution of 'kubernetes.authorization.Authorizer'"),
    ],
)
def test_what_is_refused(expression: str, wanted: Any, said: str) -> None:
    made = program(expression, ENVIRONMENT, wanted)
    assert isinstance(made, CompileError)
    assert made.message == said


@pytest.mark.parametrize(
    ("made", "absent"),
    [
        (lambda: environment(False, True, ()), "params"),
        (lambda: environment(True, False, ()), "authorizer"),
        (lambda: environment(True, True, None), "variables"),
    ],
)
def test_what_an_environment_may_lack(made: Callable[[], Any], absent: str) -> None:
    found = program(f"{absent} == null", made())
    assert isinstance(found, CompileError)
    assert found.message.startswith(f"undeclared reference to '{absent}'")


def test_a_run_ends_at_its_limit() -> None:
    text = "object.spec.ports.all(p, object.spec.ports.all(q, p + q > 0))"
    whole = run(text)
    assert whole.value is True
    ended = run(text, whole.cost - 1)
    assert ended.exhausted
    assert ended.value == EvalError("operation cancelled: actual cost limit exceeded")
    assert run(text, whole.cost) == whole


def test_there_is_room_for_two_questions_to_the_authorizer() -> None:
    ask = "authorizer.path('/x').check('get').allowed()"
    assert run(f"{ask} && {ask}").value is True
    assert run(f"{ask} && {ask} && {ask}").exhausted


def test_the_same_expression_is_compiled_once() -> None:
    assert program("object == 1", ENVIRONMENT) is program("object == 1", ENVIRONMENT)
    assert program("object == 1", ENVIRONMENT) is not program("object == 1", environment(False, False, None))
