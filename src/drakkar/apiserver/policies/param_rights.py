"""Nobody has a policy read for him what he may not read himself: who writes a policy or a binding needs its parameters."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import MASTERS
from drakkar.apiserver.kinds.admission_policies import GROUP, MUTATING_POLICIES_RESOURCE, POLICIES_RESOURCE
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.errors import ConfigurationError
from drakkar.apiserver.policies.params import param_kind
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import FieldError

# By the resource of bindings, that of the policies that they put to work.
_BOUND = {
    f"{GROUP}/mutatingadmissionpolicybindings": MUTATING_POLICIES_RESOURCE,
    f"{GROUP}/validatingadmissionpolicybindings": POLICIES_RESOURCE,
}
# Upstream takes the user for the verb in what it says of these.
_SWAPPED = (f"{GROUP}/mutatingadmissionpolicybindings",)
_ALL = "permission for all groups, versions and resources"


def check(request: AdmissionRequest, store: Store, kinds: Registry) -> None:
    """StatusError 422 for a policy or a binding whose writer may not read the parameters that it names."""
    if request.kind.resource not in (*_BOUND, *_BOUND.values()):
        return
    if request.new is None or request.subresource or MASTERS in request.requester.user.groups:
        return
    spec, before = request.new["spec"], (request.old or {}).get("spec") or {}
    if request.kind.resource in _BOUND.values():
        kind = spec.get("paramKind")
        if kind and kind != before.get("paramKind"):
            _policy(request, kinds, kind)
        return
    reference = spec.get("paramRef")
    same = reference == before.get("paramRef") and spec.get("policyName") == before.get("policyName")
    if reference and not same:
        _binding(request, store, kinds, spec)


def _policy(request: AdmissionRequest, kinds: Registry, kind: Object) -> None:
    group, plural, _ = _resource(kinds, kind)
    if request.requester.decide(Attributes("get", group, plural, namespace="*", name="*")).allowed:
        return
    version, name = kind.get("apiVersion", ""), kind.get("kind", "")
    said = (
        f'user {_shown(request.requester.user)} must have "get" permission on all objects of the referenced'
        f" paramKind (kind={name}, apiVersion={version})"
    )
    raise _refused(request, "spec.paramKind", said)


def _binding(request: AdmissionRequest, store: Store, kinds: Registry, spec: Object) -> None:
    reference, policy_name = spec["paramRef"], spec.get("policyName", "")
    policy = store.get((_BOUND[request.kind.resource], "", policy_name))
    kind = ((policy or {}).get("spec") or {}).get("paramKind")
    group, plural, known = _resource(kinds, kind) if kind else ("*", "*", True)
    name = reference.get("name", "")
    verb = "get" if name else "list"
    asked = Attributes(verb, group, plural, namespace=reference.get("namespace", ""), name=name)
    if request.requester.decide(asked).allowed:
        return
    user = _shown(request.requester.user)
    what = f'to determine minimum required permissions and user {user} does not have "{verb}" {_ALL}'
    if policy is None:
        said = f"unable to get policy {policy_name} {what}"
    elif not known:
        said = f"unable to resolve paramKind {kind} {what}"
    else:
        who, what = user, verb
        if request.kind.resource in _SWAPPED:
            who, what = what, who
        said = f'user {who} does not have "{what}" permission on the object referenced by paramRef'
    raise _refused(request, "spec.paramRef", said)


def _resource(kinds: Registry, kind: Object) -> tuple[str, str, bool]:
    """Group and plural of a kind of parameters, and whether it is served; of one that is not, anything."""
    try:
        found = param_kind(kinds, kind)
    except ConfigurationError:
        return str(kind.get("apiVersion", "")).rpartition("/")[0], "*", False
    return found.group, found.plural, True


def _refused(request: AdmissionRequest, field: str, said: str) -> errors.StatusError:
    kind = request.kind
    return errors.invalid(kind.group, kind.kind, request.name, [FieldError.forbidden(field, said)])


def _shown(user: User) -> str:
    extra = " ".join(f"{key}:[{' '.join(values)}]" for key, values in sorted(user.extra.items()))
    return f"&{{{user.name} {user.uid} [{' '.join(user.groups)}] map[{extra}]}}"
