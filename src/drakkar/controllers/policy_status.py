"""Says in the status of admission policies what is wrong with their expressions, given the kinds they are about.

A policy works as it stands whatever is found: at run time nothing is known of an object but what it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from drakkar.api.core import Named
from drakkar.api.object import Object
from drakkar.cel.objects.composition import Composition, Typed, is_internal
from drakkar.cel.objects.program import Program
from drakkar.cel.objects.schema import Declared
from drakkar.client import Client, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf, Deleted
from drakkar.client.resources import VALIDATINGADMISSIONPOLICIES
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.seen import Seen

_NAME = "validatingadmissionpolicy-status-controller"
# Upstream looks at no more kinds for one rule.
_MOST_KINDS = 10


class Kind(NamedTuple):
    """A kind that a policy is about."""

    group: str
    version: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Kind={self.kind}"

    @property
    def path(self) -> str:
        """Where the server has what there is to know of its group and version."""
        return f"apis/{self.group}/{self.version}" if self.group else f"api/{self.version}"


class PolicyStatusController:
    """Keys are names of policies."""

    name = _NAME
    workers = 1

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._policies = mirrors.of(VALIDATINGADMISSIONPOLICIES)
        self.queue: WorkQueue[str] = WorkQueue()
        self.needs = (self._policies,)
        self._policies.add_handler(self._on_policy)

    def _on_policy(self, change: ChangeOf[Seen[Named]]) -> None:
        if not isinstance(change, Deleted):
            self.queue.add(change.new.key.name)

    async def reconcile(self, key: str) -> None:
        policy = self._policies.get("", key)
        if policy is None or policy.is_deleting:
            return
        generation = policy.obj["metadata"].get("generation") or 0
        if generation <= ((policy.obj.get("status") or {}).get("observedGeneration") or 0):
            return
        warnings = await type_warnings(self._client, policy.obj)
        checking: Object = {"expressionWarnings": warnings} if warnings else {}
        body: Object = {
            "apiVersion": VALIDATINGADMISSIONPOLICIES.api_version,
            "kind": VALIDATINGADMISSIONPOLICIES.kind,
            "metadata": {"name": key},
            "status": {"observedGeneration": generation, "typeChecking": checking},
        }
        where = VALIDATINGADMISSIONPOLICIES, key, body
        await self._client.patch(*where, kind="apply", subresource="status", field_manager=_NAME, force=True)


async def type_warnings(client: Client, policy: Object) -> list[Object]:
    """What is wrong with the expressions of a policy, given the schemas that the server has of the kinds it is about."""
    spec = policy["spec"]
    documents: dict[str, Declared] = {}
    kinds = sorted(set(await _kinds(client, spec)))
    parameters = spec.get("paramKind")
    about = None if parameters is None else _param_kind(parameters)
    for kind in (*kinds, *([] if about is None else [about])):
        if kind.path not in documents:
            documents[kind.path] = await _document(client, kind)
    # It is work without end for whoever writes policies, and others wait on this loop.
    return await asyncio.to_thread(_checked, spec, kinds, about, documents)


async def _kinds(client: Client, spec: Object) -> list[Kind]:
    found: list[Kind] = []
    for rule in (spec.get("matchConstraints") or {}).get("resourceRules") or ():
        named = [name for name in rule.get("resources") or () if "*" not in name and "/" not in name]
        groups, versions = rule.get("apiGroups") or (), rule.get("apiVersions") or ()
        if any("*" in one for one in (*groups, *versions)):
            continue
        of_rule: list[Kind] = []
        for group in sorted(groups):
            for version in sorted(versions):
                served = await _served(client, group, version)
                of_rule += [Kind(group, version, served[name]) for name in sorted(named) if name in served]
        found += of_rule[:_MOST_KINDS]
    return found


async def _served(client: Client, group: str, version: str) -> dict[str, str]:
    """The kinds of a group's version by their plurals."""
    try:
        answer = await client.request("GET", f"/{Kind(group, version, '').path}")
    except NotFoundError:
        return {}
    return {one["name"]: one["kind"] for one in answer.get("resources") or ()}


async def _document(client: Client, kind: Kind) -> Declared:
    try:
        answer = await client.request("GET", f"/openapi/v3/{kind.path}")
    except NotFoundError:
        return Declared({})
    return Declared((answer.get("components") or {}).get("schemas") or {})


def _param_kind(given: Object) -> Kind:
    group, _, version = str(given.get("apiVersion", "")).rpartition("/")
    return Kind(group, version, str(given.get("kind", "")))


def _checked(
    spec: Object, kinds: Iterable[Kind], parameters: Kind | None, documents: dict[str, Declared]
) -> list[Object]:
    """The warnings of a policy, expression by expression, each with what is wrong for each kind."""
    compositions = [
        (kind, composition)
        for kind in kinds
        if (composition := _composition(spec, kind, parameters, documents)) is not None
    ]
    warnings = []
    for at, validation in enumerate(spec.get("validations") or ()):
        for field in ("expression", "messageExpression"):
            text = validation.get(field)
            said = "\n".join(_said(text, compositions)) if text else ""
            if said:
                warnings.append({"fieldRef": f"spec.validations[{at}].{field}", "warning": said})
    return warnings


def _composition(
    spec: Object, kind: Kind, parameters: Kind | None, documents: dict[str, Declared]
) -> Composition | None:
    """What compiles the policy for one kind; None where nothing is known of that."""
    type_ = documents[kind.path].root(*kind)
    if type_ is None:
        return None
    structs = dict(documents[kind.path].structs)
    params = None
    if parameters is not None:
        params = documents[parameters.path].root(*parameters)
        structs |= documents[parameters.path].structs
    composition = Composition(parameters is not None, typed=Typed(type_, params, structs))
    for variable in spec.get("variables") or ():
        composition.add(variable["name"], variable["expression"])
    return composition


def _said(text: str, compositions: Iterable[tuple[Kind, Composition]]) -> Iterator[str]:
    for kind, composition in compositions:
        made = composition.condition(text)
        if not isinstance(made, Program) and not is_internal(made):
            yield f"{kind}: {made.pointed}\n"
