"""That the defaults of a schema are what the schema itself allows."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from drakkar.apiserver.custom import embedded, expression_rules, outcome, values
from drakkar.apiserver.custom.pruning import Unknown, pruned
from drakkar.apiserver.custom.rules.asked import BUDGET
from drakkar.apiserver.custom.schema import MISSING, Schema
from drakkar.apiserver.custom.where import Where
from drakkar.apiserver.patch.json_patch import equal
from drakkar.apiserver.wire.decoding import WrongTypeError
from drakkar.validation.field_error import Findings

_META = ("metadata", "apiVersion", "kind")


@dataclass(slots=True)
class _Purse:
    """What the rules may still cost for the defaults of a schema."""

    left: int = BUDGET


def check(found: Findings, schema: Schema, path: Where) -> None:
    """Every default that there is."""
    _look(found, schema, path, _Purse(), in_meta=False, whole=True)


def _look(
    found: Findings, schema: Schema, path: Where, purse: _Purse, *, in_meta: bool, whole: bool = False
) -> None:
    resource = schema.embedded or whole
    if schema.embedded:
        in_meta = False
    if schema.default is not MISSING and not in_meta:
        _default(found, schema, path.then(".default"), resource, purse)
    if schema.items is not None:
        _look(found, schema.items, path.then(".items"), purse, in_meta=in_meta)
    for name, child in schema.properties.items():
        inside = in_meta or (resource and name in _META)
        _look(found, child, path.properties(name), purse, in_meta=inside)


def _default(found: Findings, schema: Schema, path: Where, resource: bool, purse: _Purse) -> None:
    default: Any = schema.default
    if not equal(pruned(default, schema, whole=resource), default):
        found.invalid(str(path), default, "must not have unknown fields")
    try:
        embedded.fit(copy.deepcopy(default), schema, Unknown())
    except WrongTypeError as failure:
        found.invalid(str(path), default, str(failure))
        return
    wrong = embedded.problems(default, schema, path)
    wrong = wrong or outcome.told(values.problems(schema, default), path)
    if not wrong and purse.left >= 0:
        wrong, purse.left = expression_rules.default_problems(schema, resource, path, purse.left)
    for one in wrong:
        found.add(one)
