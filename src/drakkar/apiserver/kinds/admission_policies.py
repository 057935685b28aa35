"""The kinds of the group admissionregistration.k8s.io."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy
from drakkar.apiserver.tables.admission import BINDINGS, MUTATING_POLICIES, POLICIES, WEBHOOKS
from drakkar.apiserver.tables.layout import Layout
from drakkar.validation.admission.binding import binding_problems
from drakkar.validation.admission.mutating import mutating_binding_problems, mutating_policy_problems
from drakkar.validation.admission.policy import policy_problems, policy_status_problems
from drakkar.validation.admission.webhooks import webhooks_problems
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules

GROUP = "admissionregistration.k8s.io"
POLICIES_RESOURCE = f"{GROUP}/validatingadmissionpolicies"
MUTATING_POLICIES_RESOURCE = f"{GROUP}/mutatingadmissionpolicies"
# A letter of an expression is as much work as a hundred of other objects.
_EFFORT = 16


@dataclass(frozen=True, kw_only=True)
class PolicyStrategy(Strategy):
    """The rules of a policy and of its status."""

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with the status of `new`."""
        return policy_status_problems(new)


def _match_resources(given: Object | None) -> None:
    if given is None:
        return
    given.setdefault("matchPolicy", "Equivalent")
    for field in ("namespaceSelector", "objectSelector"):
        given[field] = given.get(field) or {}
    for field in ("resourceRules", "excludeResourceRules"):
        for rule in given.get(field) or ():
            rule.setdefault("scope", "*")


def _policy(policy: Object) -> None:
    spec = policy.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    _match_resources(spec.get("matchConstraints"))


def _binding(binding: Object) -> None:
    _match_resources(binding.setdefault("spec", {}).get("matchResources"))


def _mutating(configuration: Object) -> None:
    _validating(configuration)
    for hook in configuration.get("webhooks") or ():
        hook.setdefault("reinvocationPolicy", "Never")


def _validating(configuration: Object) -> None:
    for hook in configuration.get("webhooks") or ():
        hook.setdefault("failurePolicy", "Fail")
        hook.setdefault("matchPolicy", "Equivalent")
        for field in ("namespaceSelector", "objectSelector"):
            hook[field] = hook.get(field) or {}
        if hook.get("timeoutSeconds") is None:
            hook["timeoutSeconds"] = 10
        for rule in hook.get("rules") or ():
            rule.setdefault("scope", "*")
        service = (hook.get("clientConfig") or {}).get("service")
        if service is not None and service.get("port") is None:
            service["port"] = 443


def _strategy(
    kind: type[Strategy],
    columns: Layout,
    default: Callable[[Object], None],
    rules: Callable[[Object], Iterable[FieldError]],
) -> Strategy:
    return kind(
        columns=columns,
        default=default,
        rules=rules,
        metadata=Rules(known_finalizers=False),
        status_keeps=OBJECT_METADATA,
        needs_version=True,
        effort=_EFFORT,
    )


KINDS = (
    Kind(
        GROUP,
        "v1",
        "mutatingadmissionpolicies",
        "MutatingAdmissionPolicy",
        False,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(Strategy, MUTATING_POLICIES, _policy, mutating_policy_problems),
    ),
    Kind(
        GROUP,
        "v1",
        "mutatingadmissionpolicybindings",
        "MutatingAdmissionPolicyBinding",
        False,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(Strategy, BINDINGS, _binding, mutating_binding_problems),
    ),
    Kind(
        GROUP,
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        False,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(Strategy, WEBHOOKS, _mutating, webhooks_problems),
    ),
    Kind(
        GROUP,
        "v1",
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        False,
        status=True,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(PolicyStrategy, POLICIES, _policy, policy_problems),
    ),
    Kind(
        GROUP,
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        False,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(Strategy, BINDINGS, _binding, binding_problems),
    ),
    Kind(
        GROUP,
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        False,
        generation=True,
        categories=("api-extensions",),
        strategy=_strategy(Strategy, WEBHOOKS, _validating, webhooks_problems),
    ),
)
