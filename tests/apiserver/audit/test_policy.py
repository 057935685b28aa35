"""Which rule of an audit policy a request falls under."""

from __future__ import annotations

import pytest

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.audit.errors import PolicyFileError
from drakkar.apiserver.audit.policy_file import policy_of

_HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
ALICE = User("alice", ("devs", "system:authenticated"))
POD = Attributes("get", "", "pods", "", "a", "p")
LOG = Attributes("get", "", "pods", "log", "a", "p")
SCALE = Attributes("update", "apps", "deployments", "scale", "a", "d")
NODE = Attributes("get", "", "nodes", "", "", "n")
HEALTH = Attributes("get", path="/healthz/ping")


def level(rule: str, asked: Attributes, user: User | None = ALICE) -> str:
    """The level of a policy with one rule, which is Metadata where it fits."""
    policy = policy_of(f"{_HEAD}rules: [{{level: Metadata, {rule}}}]".encode())
    return policy.ruling(user, asked).level.said


@pytest.mark.parametrize(
    ("rule", "fitting", "other"),
    [
        ("users: [alice]", (POD, HEALTH), ()),
        ("users: [bob]", (), (POD, HEALTH)),
        ("userGroups: [x, devs]", (POD, HEALTH), ()),
        ("verbs: [get]", (POD, LOG, HEALTH), (SCALE,)),
        ("namespaces: [a]", (POD, SCALE), (NODE, HEALTH)),
        ("namespaces: ['']", (NODE,), (POD, HEALTH)),
        ("nonResourceURLs: [/healthz]", (), (HEALTH, POD)),
        ("nonResourceURLs: [/healthz*]", (HEALTH,), (POD,)),
        ("nonResourceURLs: ['*']", (HEALTH,), (POD,)),
        ("resources: [{}]", (POD, LOG, NODE), (SCALE, HEALTH)),
        ("resources: [{group: apps}]", (SCALE,), (POD,)),
        ("resources: [{group: '*', resources: [pods]}]", (POD,), (LOG, SCALE)),
        ("resources: [{resources: [pods/log]}]", (LOG,), (POD,)),
        ("resources: [{resources: ['pods/*']}]", (POD, LOG), (NODE,)),
        ("resources: [{group: apps, resources: ['*/scale']}]", (SCALE,), (LOG,)),
        ("resources: [{resources: ['*']}]", (POD, LOG), (SCALE,)),
        ("resources: [{resources: [pods], resourceNames: [p]}]", (POD,), (NODE,)),
        ("resources: [{resources: [pods], resourceNames: [q]}]", (), (POD,)),
        ("resources: [{resources: [pods]}], namespaces: [b]", (), (POD,)),
    ],
)
def test_rules(rule: str, fitting: tuple[Attributes, ...], other: tuple[Attributes, ...]) -> None:
    assert {level(rule, one) for one in fitting} <= {"Metadata"}
    assert {level(rule, one) for one in other} <= {"None"}


def test_of_nobody_known_only_rules_for_everybody_hold() -> None:
    assert level("verbs: [get]", POD, None) == "Metadata"
    assert level("users: [alice]", POD, None) == level("userGroups: [devs]", POD, None) == "None"


def test_the_first_rule_that_fits_holds_with_the_stages_and_fields_of_the_policy() -> None:
    policy = policy_of(
        f"""{_HEAD}
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {{level: Request, users: [alice], omitStages: [Panic], omitManagedFields: false}}
- {{level: RequestResponse}}
""".encode()
    )
    first, second = policy.ruling(ALICE, POD), policy.ruling(None, POD)
    assert (first.level.said, first.silent, first.without_managed_fields) == (
        "Request",
        {"RequestReceived", "Panic"},
        False,
    )
    assert (second.level.said, second.silent, second.without_managed_fields) == (
        "RequestResponse",
        {"RequestReceived"},
        True,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "failed decoding"),
        ("{", "failed decoding"),
        ("rules: [{level: Metadata}]", "unknown group version"),
        (
            "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: Metadata}]",
            "unknown group version",
        ),
        (_HEAD, "0 rules"),
        (f"{_HEAD}rules: [{{}}]", "rules[0].level: Required value"),
        (f"{_HEAD}rules: [{{level: All}}]", 'Unsupported value: "All"'),
        (f"{_HEAD}rules: [{{level: 1}}]", "failed decoding"),
        (f"{_HEAD}omitStages: [End]\nrules: [{{level: None}}]", "allowed stages are RequestReceived"),
        (f"{_HEAD}rules: [{{level: None, omitStages: [End]}}]", "rules[0].omitStages[0]"),
        (f"{_HEAD}rules: [{{level: None, nonResourceURLs: [x]}}]", "must begin with a '/'"),
        (f"{_HEAD}rules: [{{level: None, nonResourceURLs: ['/*/x']}}]", "must be the final character"),
        (f"{_HEAD}rules: [{{level: None, nonResourceURLs: [/x], namespaces: [a]}}]", "cannot apply to both"),
        (f"{_HEAD}rules: [{{level: None, resources: [{{group: a/v1}}]}}]", "rules[0].resources.group"),
        (f"{_HEAD}rules: [{{level: None, resources: [{{resourceNames: [a]}}]}}]", "at least one resource"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyFileError) as failure:
        policy_of(text.encode())
    assert said in str(failure.value)


def test_unknown_fields_are_told_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    text = f"{_HEAD}more: 1\nrules: [{{level: Metadata, user: [x], resources: [{{name: x}}]}}]"
    assert policy_of(text.encode()).ruling(ALICE, POD).level.said == "Metadata"
    assert "more, rules[0].user, rules[0].resources[0].name" in caplog.text
