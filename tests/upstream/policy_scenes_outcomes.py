"""What comes of what a policy says: reasons, messages, warnings, failures, variables."""

from __future__ import annotations

from .policy_scene import (
    Object,
    Scene,
    checks,
    create,
    scene,
)

_DEEP = "[1,2,3,4,5,6,7,8,9,10].all(x, [1,2,3,4,5,6,7,8,9,10].all(y, [1,2,3,4,5,6,7,8,9,10].all(z, {})))"


def outcomes() -> dict[str, Scene]:
    no = {"expression": "false", "message": "no"}
    scenes: dict[str, Scene] = {}
    for reason in ("Forbidden", "Invalid", "RequestEntityTooLarge"):
        name = f"reason-{reason.lower()}"
        scenes |= scene(name, [create(name)], validations=[{**no, "reason": reason}])
    scenes |= scene("plain", [create("plain")], **checks(" 1 == 2 "))
    scenes |= scene("message", [create("message")], validations=[{**no, "message": " blanks "}])
    for what, text in {
        "broken": "object.nothing",
        "blank": "'  '",
        "lines": "'a\\nb'",
        "long": "'" + "x" * 6000 + "'",
        "trimmed": "' a '",
        "variables": "variables.v + '!'",
    }.items():
        spec: Object = {"validations": [{**no, "messageExpression": text}]}
        if what == "variables":
            spec["variables"] = [{"name": "v", "expression": "object.metadata.name"}]
        scenes |= scene(f"message-{what}", [create(f"message-{what}")], **spec)
    scenes |= scene("second", [create("second")], **checks("true", "false", "1 == 2"))
    scenes |= scene(
        "warned", [create("warned")], bindings=[{"validationActions": ["Warn"]}], validations=[no]
    )
    scenes |= scene(
        "warned-twice",
        [create("warned-twice")],
        bindings=[{"validationActions": ["Warn", "Audit"]}],
        **checks("false", "1 == 2"),
    )
    scenes |= scene(
        "audited", [create("audited")], bindings=[{"validationActions": ["Audit"]}], validations=[no]
    )
    scenes |= scene("fails", [create("fails")], **checks("object.nothing == 1"))
    scenes |= scene("ignored", [create("ignored")], failurePolicy="Ignore", **checks("object.nothing == 1"))
    scenes |= scene(
        "ignored-refused",
        [create("ignored-refused")],
        failurePolicy="Ignore",
        **checks("object.nothing == 1", "false"),
    )
    scenes |= scene(
        "warned-failed",
        [create("warned-failed")],
        bindings=[{"validationActions": ["Warn"]}],
        **checks("object.nothing == 1"),
    )
    scenes |= scene("unbound", [create("unbound")], bindings=[{"policyName": "nobody"}], validations=[no])
    for what, text in {"good": "'v'", "null": "null", "failed": "object.nothing"}.items():
        annotation = [{"key": "k", "valueExpression": text}]
        scenes |= scene(f"annotated-{what}", [create(f"annotated-{what}")], auditAnnotations=annotation)
    scenes |= scene(
        "annotated-ignored",
        [create("annotated-ignored")],
        failurePolicy="Ignore",
        auditAnnotations=[{"key": "k", "valueExpression": "object.nothing"}],
    )
    scenes |= scene("costly", [create("costly")], **checks(_DEEP.format(_DEEP.format("true"))))
    scenes |= scene(
        "costly-variable",
        [create("costly-variable")],
        variables=[{"name": "v", "expression": _DEEP.format(_DEEP.format("true"))}],
        **checks("variables.v"),
    )
    return scenes


def with_variables() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    broken = [{"name": "v", "expression": "object.nothing"}, {"name": "w", "expression": "variables.v"}]
    scenes |= scene("variable-unread", [create("variable-unread")], variables=broken, **checks("true"))
    scenes |= scene(
        "variable-broken", [create("variable-broken")], variables=broken, **checks("variables.v == 1")
    )
    scenes |= scene(
        "variable-chained", [create("variable-chained")], variables=broken, **checks("variables.w == 1")
    )
    scenes |= scene(
        "variable-has",
        [create("variable-has")],
        variables=broken[:1],
        **checks("has(variables.v) && false"),
    )
    good = [
        {"name": "v", "expression": "object.metadata.labels"},
        {"name": "w", "expression": "variables.v['case']"},
    ]
    scenes |= scene(
        "variable-good",
        [create("variable-good")],
        variables=good,
        **checks("variables.w == 'variable-good'", "variables.w == ''"),
    )
    return scenes
