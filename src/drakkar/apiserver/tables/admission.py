"""The tables of admission policies, of their bindings, and of webhook configurations."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import age, part, rows, selector
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_UNSET = "<unset>"


def _policy(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    kind = part(spec, "paramKind")
    params = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else _UNSET
    return [len(rows(spec, "validations")), params, age(obj, now)]


def _mutating_policy(obj: Object, now: datetime.datetime) -> list[Any]:
    return [len(rows(part(obj, "spec"), "mutations")), *_policy(obj, now)[1:]]


def _binding(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    reference = part(spec, "paramRef")
    if reference.get("name"):
        # Whether the parameter has a namespace cannot be told from here.
        shown = f"{reference.get('namespace') or '*'}/{reference['name']}"
    else:
        shown = selector(reference["selector"]) if "selector" in reference else _UNSET
    return [spec.get("policyName", ""), shown, age(obj, now)]


POLICIES = Layout(
    (
        Column("Validations", "integer", "How many validations the policy has"),
        Column("ParamKind", description="Kind of the policy's parameters"),
        AGE,
    ),
    _policy,
)
MUTATING_POLICIES = Layout(
    (
        Column("Mutations", "integer", "How many mutations the policy has"),
        *POLICIES.columns[1:],
    ),
    _mutating_policy,
)
BINDINGS = Layout(
    (
        Column("PolicyName", description="Policy that is put to work"),
        Column("ParamRef", description="Parameters that the policy gets"),
        AGE,
    ),
    _binding,
)
WEBHOOKS = Layout(
    (Column("Webhooks", "integer", "How many webhooks the configuration has"), AGE),
    lambda obj, now: [len(rows(obj, "webhooks")), age(obj, now)],
)
