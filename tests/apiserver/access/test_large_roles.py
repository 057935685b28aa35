"""Roles and bindings of any size: they are looked through once after a change, in steps, and a decision costs the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from work_units import work

from drakkar.apiserver.access.policy_rule import Attributes, path_matches, rule_allows
from drakkar.apiserver.access.rbac import Rbac, aggregate
from drakkar.apiserver.access.rule_coverage import missing_in
from drakkar.apiserver.access.rule_index import RuleIndex
from drakkar.apiserver.access.subject_index import SubjectIndex

Rule = dict[str, Any]


def _words(dice: random.Random, words: str, most: int = 3) -> list[str]:
    return dice.sample(words.split(), dice.randint(0, most))


def _rule(dice: random.Random) -> Rule:
    verbs = _words(dice, "get list watch create delete *")
    if dice.random() < 0.3:
        return {"verbs": verbs, "nonResourceURLs": _words(dice, "/a /a/* /a/b /a/b* * /c/** /metrics")}
    rule = {
        "verbs": verbs,
        "apiGroups": _words(dice, "apps batch x.io *"),
        "resources": _words(dice, "pods pods/log */log jobs */* * jobs/status */status"),
    }
    if dice.random() < 0.3:
        rule["resourceNames"] = _words(dice, "n1 n2 n3")
    return rule


def _question(dice: random.Random) -> Attributes:
    verb = dice.choice(("get", "list", "watch", "create", "delete", "patch"))
    if dice.random() < 0.3:
        return Attributes(
            verb, path=dice.choice(("/a", "/a/", "/a/b", "/a/bc", "/c/", "/c", "/metrics", "/"))
        )
    group, resource = dice.choice(("apps", "batch", "x.io", "")), dice.choice(("pods", "jobs", "secrets"))
    sub, name = dice.choice(("", "", "log", "status")), dice.choice(("", "n1", "n2", "n9"))
    return Attributes(verb, group, resource, sub, "ns", name)


@pytest.mark.parametrize("count", [1, 3, 70, 400])
def test_an_index_decides_as_the_rules_do_one_by_one(count: int) -> None:
    dice = random.Random(count)
    for _ in range(60):
        # Many alike and a few of their own, so that words have lists and bits.
        rules = [_rule(dice) for _ in range(min(count, 6))] * (count // 6 + 1)
        rules = [*rules[:count], _rule(dice)]
        index = RuleIndex(rules)
        for _ in range(40):
            asked = _question(dice)
            assert index.allow(asked) is any(rule_allows(rule, asked) for rule in rules), (asked, rules)


def test_subjects_are_found_as_one_by_one() -> None:
    subjects: list[Rule] = [
        {"kind": "Group", "name": "g1"},
        {"kind": "User", "name": "u1"},
        {"kind": "User", "name": "u1", "apiGroup": "x"},
        {"kind": "ServiceAccount", "name": "s", "namespace": "a"},
        {"kind": "ServiceAccount", "name": "own"},
        {"kind": "Group", "name": "g2"},
        {"kind": "Odd", "name": "u2"},
    ]
    index = SubjectIndex(subjects)
    for user, groups, namespace, at in (
        ("u1", [], "", 1),
        ("u1", ["g2"], "", 1),
        ("u1", ["g2", "g1"], "", 0),
        ("u2", [], "", None),
        ("u2", ["g2", *map(str, range(20))], "", 5),
        ("system:serviceaccount:a:s", [], "b", 3),
        ("system:serviceaccount:b:own", [], "b", 4),
        ("system:serviceaccount:a:own", [], "b", None),
        ("system:serviceaccount::own", [], "", None),
    ):
        assert index.first(user, frozenset(groups), namespace) is (None if at is None else subjects[at])


def _world(
    roles: int, rules: int, subjects: int
) -> tuple[Rbac, dict[tuple[str, str, str], Rule], list[bool]]:
    """Roles that grant everybody odd things, and a switch that says whether they have changed."""
    kept: dict[tuple[str, str, str], Rule] = {}
    for n in range(roles):
        many = [
            {"verbs": [f"v{i}", "get"], "apiGroups": ["", f"g{i}"], "resources": [f"r{i}"]}
            for i in range(rules)
        ]
        kept["roles", "a", f"r{n}"] = {"metadata": {"name": f"r{n}"}, "rules": many}
        every = [{"kind": "User", "name": f"u{i}"} for i in range(subjects)]
        every.append({"kind": "Group", "name": "system:authenticated"})
        kept["rolebindings", "a", f"b{n}"] = {
            "metadata": {"name": f"b{n}"},
            "subjects": every,
            "roleRef": {"kind": "Role", "name": f"r{n}"},
        }
    changed = [True]

    found = Rbac(
        lambda resource, namespace: [one for key, one in kept.items() if key[:2] == (resource, namespace)],
        lambda *key: kept.get(key),
        lambda: len(changed),
    )
    return found, kept, changed


GROUPS = ("system:authenticated",)
ASKED = Attributes("get", "", "pods", namespace="a", name="p")


def test_a_decision_does_not_look_at_every_rule() -> None:
    rbac, _, _ = _world(10, 6_000, 0)
    assert rbac.decide("mallory", GROUPS, ASKED) == (False, "")
    with work() as done:
        for n in range(100):
            assert not rbac.decide("mallory", GROUPS, ASKED)[0]
            assert rbac.decide("mallory", GROUPS, Attributes("get", f"g{n}", f"r{n}", namespace="a"))[0]
    # One by one it is 60,000 rules for each question.
    assert done.units / 200 < 0.2


def test_what_did_not_change_is_not_looked_through_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rbac, kept, changed = _world(10, 50, 50)
    made: list[int] = []

    def noting(inner: Any) -> Any:
        def noted(self: Any, listed: Any) -> Any:
            made.append(len(listed))
            return inner(self, listed)

        return noted

    monkeypatch.setattr(RuleIndex, "building", noting(RuleIndex.building))
    monkeypatch.setattr(SubjectIndex, "__init__", noting(SubjectIndex.__init__))
    steps = list(rbac.prepare("mallory", GROUPS, "a"))
    # It lets others have a turn between one and the next.
    assert len(steps) == 20 and made == [51, 50] * 10
    many = RuleIndex.in_steps([{"verbs": ["get"], "nonResourceURLs": ["/x"]}] * 10_000)
    assert sum(1 for _ in many) == 20
    made.clear()
    assert not rbac.decide("mallory", GROUPS, ASKED)[0] and not rbac.decide("u1", GROUPS, ASKED)[0]
    assert not made
    role = kept["roles", "a", "r3"]
    kept["roles", "a", "r3"] = {
        **role,
        "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
    }
    del kept["rolebindings", "a", "b4"], kept["roles", "a", "r5"]
    changed.append(True)
    allowed, why = rbac.decide("mallory", GROUPS, ASKED)
    assert allowed and 'RoleBinding "b3/a" of Role "r3" to Group "system:authenticated"' in why
    assert made == [1]
    # What is gone is not kept.
    assert len(rbac._roles) == 9 and len(rbac._subjects) == 9
    assert 'role.rbac.authorization.k8s.io "r5" not found' in rbac.bound("mallory", GROUPS, "a").missing


def test_large_users_of_reviews_are_not_kept() -> None:
    rbac, _, _ = _world(1, 1, 1)
    rbac.decide("u", tuple(f"group-{n}" for n in range(10_000)), ASKED)
    assert not rbac._kept()
    rbac.decide("u", GROUPS, ASKED)
    assert len(rbac._kept()) == 1


def test_an_index_takes_no_more_room_than_its_rules() -> None:
    # Each word stands in one rule: with a bit for each rule, the words would take the square of their number.
    index = RuleIndex(
        [{"verbs": [f"v{n}"], "apiGroups": [f"g{n}"], "resources": [f"r{n}"]} for n in range(5_000)]
    )
    assert not index._verbs._masks and all(isinstance(at, int) for at in index._verbs._rules.values())
    alike = RuleIndex([{"verbs": ["get"], "apiGroups": [f"g{n}"], "resources": ["r"]} for n in range(5_000)])
    assert set(alike._verbs._masks) == {"get"} and set(alike._resources._masks) == {"r"}


def test_rights_are_compared_with_the_rules_on_the_same_resource() -> None:
    held = [
        RuleIndex(
            [{"verbs": ["*"], "apiGroups": [""], "resources": [f"r{n}", f"x{n}"]} for n in range(20_000)]
        )
    ]
    wanted = [{"verbs": ["get"], "apiGroups": [""], "resources": [f"r{n}"]} for n in range(0, 200, 2)]
    with work() as done:
        assert missing_in(held, wanted) == []
    assert done.units < 5


def test_of_many_missing_roles_some_are_told() -> None:
    assert aggregate(f"m{n}" for n in range(1_000)).endswith("m99, and 900 more]")
    assert aggregate(["a", "a"]) == "a" and path_matches("/a*", "/ab")
