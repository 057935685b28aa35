"""When a Job has failed, and when it has done enough, although not all of its pods have ended."""

from __future__ import annotations

import itertools
import re

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text

_MOST_RULES, _MOST_CODES, _MOST_INDEXES = 20, 255, 64 * 1024
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_IS_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NOT_INDEXED = "requires indexed completion mode"


def failure_policy(found: Findings, path: str, spec: Object) -> None:
    """What pods that fail in a certain way mean for the Job."""
    rules = items(mapping(spec, "podFailurePolicy"), "rules")
    if len(rules) > _MOST_RULES:
        found.too_many(f"{path}.rules", len(rules), _MOST_RULES)
    inner = mapping(mapping(spec, "template"), "spec")
    names = {text(one, "name") for part in ("containers", "initContainers") for one in items(inner, part)}
    for at, rule in enumerate(rules):
        _failure(found, f"{path}.rules[{at}]", rule, names, spec.get("backoffLimitPerIndex") is not None)


def _failure(found: Findings, path: str, rule: Object, names: set[str], per_index: bool) -> None:
    action, codes, conditions = text(rule, "action"), rule.get("onExitCodes"), items(rule, "onPodConditions")
    if not action:
        found.required(f"{path}.action", _valid(_ACTIONS))
    elif action == "FailIndex" and not per_index:
        found.invalid(f"{path}.action", action, "requires the backoffLimitPerIndex to be set")
    elif action not in _ACTIONS:
        found.not_supported(f"{path}.action", action, _ACTIONS)
    if codes is not None:
        _codes(found, f"{path}.onExitCodes", codes, names)
    if len(conditions) > _MOST_RULES:
        found.too_many(f"{path}.onPodConditions", len(conditions), _MOST_RULES)
    for at, pattern in enumerate(conditions):
        here, status = f"{path}.onPodConditions[{at}]", text(pattern, "status")
        found.each_invalid(f"{here}.type", text(pattern, "type"), formats.label_key(text(pattern, "type")))
        if not status:
            found.required(f"{here}.status", _valid(_STATUSES))
        elif status not in _STATUSES:
            found.not_supported(f"{here}.status", status, _STATUSES)
    if (codes is None) == (not conditions):
        both = "specifying both OnExitCodes and OnPodConditions is not supported"
        said = "specifying one of OnExitCodes and OnPodConditions is required" if codes is None else both
        found.add(FieldError("FieldValueInvalid", f"Invalid value: {said}", path))


def _codes(found: Findings, path: str, codes: Object, names: set[str]) -> None:
    operator, name, values = text(codes, "operator"), codes.get("containerName"), items(codes, "values")
    if not operator:
        found.required(f"{path}.operator", _valid(_OPERATORS))
    elif operator not in _OPERATORS:
        found.not_supported(f"{path}.operator", operator, _OPERATORS)
    if name is not None and name not in names:
        said = "must be one of the container or initContainer names in the pod template"
        found.invalid(f"{path}.containerName", name, said)
    if not values:
        found.invalid(f"{path}.values", [], "at least one value is required")
    elif len(values) > _MOST_CODES:
        found.too_many(f"{path}.values", len(values), _MOST_CODES)
    seen: set[int] = set()
    for at, value in enumerate(values):
        if operator == "In" and value == 0:
            found.invalid(f"{path}.values[{at}]", value, "must not be 0 for the In operator")
        if value in seen:
            found.duplicate(f"{path}.values[{at}]", value)
        seen.add(value)
    if any(one > other for one, other in itertools.pairwise(values)):
        found.invalid(f"{path}.values", values, "must be ordered")


def _valid(choices: tuple[str, ...]) -> str:
    return "valid values: [" + " ".join(f'"{one}"' for one in choices) + "]"


def success_policy(found: Findings, path: str, spec: Object) -> None:
    """Which of the indexes are enough."""
    policy = spec.get("successPolicy")
    if policy is None:
        return
    rules = items(policy, "rules")
    if spec.get("completionMode") != "Indexed":
        shown = [
            {"SucceededIndexes": one.get("succeededIndexes"), "SucceededCount": one.get("succeededCount")}
            for one in rules
        ]
        found.invalid(path, {"Rules": shown or None}, _NOT_INDEXED)
        return
    if not rules:
        said = "at least one rules must be specified when the successPolicy is specified"
        found.required(f"{path}.rules", said)
    if len(rules) > _MOST_RULES:
        found.too_many(f"{path}.rules", len(rules), _MOST_RULES)
    for at, rule in enumerate(rules):
        _success(found, f"{path}.rules[{at}]", rule, spec.get("completions") or 0)


def _success(found: Findings, path: str, rule: Object, completions: int) -> None:
    count, indexes, total = rule.get("succeededCount"), rule.get("succeededIndexes"), 0
    if count is None and indexes is None:
        found.required(path, "at least one of succeededCount or succeededIndexes must be specified")
    if indexes is not None:
        here = f"{path}.succeededIndexes"
        if formats.size(indexes) > _MOST_INDEXES:
            found.too_long(here, _MOST_INDEXES)
        total, wrong = _indexes(indexes, completions)
        if wrong:
            found.invalid(here, indexes, f"error parsing succeededIndexes: {wrong}")
    if count is None:
        return
    here = f"{path}.succeededCount"
    if count < 0:
        found.invalid(here, count, "must be greater than or equal to 0")
    if count > completions:
        said = f"must be less than or equal to {completions} (the number of specified completions)"
        found.invalid(here, count, said)
    if indexes is not None and count > total:
        said = f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        found.invalid(here, count, said)


def _indexes(given: str, completions: int) -> tuple[int, str]:
    """How many indexes a text such as 1,3-5 names, and what is wrong with it."""
    total, last = 0, None
    for interval in given.split(",") if given else ():
        ends = interval.split("-")
        if len(ends) > 2:
            said = (
                "violates the requirement that an index interval can have at most two parts separated by '-'"
            )
            return 0, f'the fragment "{interval}" {said}'
        numbers = []
        for end in ends:
            if not _IS_NUMBER.fullmatch(end):
                return 0, f'cannot convert string to integer for index: "{end}"'
            if int(end) >= completions:
                return 0, f'too large index: "{end}"'
            numbers.append(int(end))
        first, latest = numbers[0], numbers[-1]
        if len(numbers) == 2 and first >= latest:
            return 0, f"non-increasing order, previous: {first}, current: {latest}"
        if last is not None and last >= first:
            return 0, f"non-increasing order, previous: {last}, current: {first}"
        total, last = total + latest - first + 1, latest
    return total, ""
