"""What the audit log has of webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webhook_program import WebhookProgram, patch, response, webhook

from ..auditing import world
from ..callers import MASTER

_GROUP = "/apis/admissionregistration.k8s.io/v1"
_MAPS = "/api/v1/namespaces/a/configmaps"
_BEHAVIOURS = {
    "leave": lambda review: (
        200,
        response(review, auditAnnotations={"why": "so", "Bad Key/x": "y", "odd": 3}),
    ),
    "add": lambda review: (
        200,
        response(review, **patch({"value": {"k": "<v>"}, "path": "/data", "op": "add"})),
    ),
    "fail": lambda review: (500, "oh"),
    "refuse": lambda review: (200, response(review, allowed=False, auditAnnotations={"why": "no"})),
}
_LABELS = {"metadata": {"name": "m", "labels": {"case": "x"}}}


def _all(names: tuple[str, ...], program: WebhookProgram, **parts: Any) -> list[Any]:
    about = {"objectSelector": {"matchLabels": {"case": "x"}}, "failurePolicy": "Ignore", **parts}
    return [{**webhook(name, program.config(name)), **about} for name in names]


async def test_what_they_say_and_do_is_noted(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Request, verbs: [create]}, {level: Metadata}]")
    with WebhookProgram(tmp_path, _BEHAVIOURS).running() as program:
        nobody = [{**webhook("nobody", program.config("leave")), "rules": []}]
        mutating = _all(("leave", "add", "fail"), program, reinvocationPolicy="IfNeeded")
        for name, hooks in (("a", nobody), ("b", mutating)):
            obj = {"metadata": {"name": name}, "webhooks": hooks}
            found.server.make(f"{_GROUP}/mutatingwebhookconfigurations", obj)
        obj = {"metadata": {"name": "v"}, "webhooks": _all(("fail", "refuse"), program)}
        found.server.make(f"{_GROUP}/validatingwebhookconfigurations", obj)
        noted = found.last(MASTER, "POST", _MAPS, _LABELS)["annotations"]
        webhooks = {key: value for key, value in noted.items() if "authorization" not in key}
        assert (
            webhooks.pop("leave.example.com/why") == "so" and webhooks.pop("refuse.example.com/why") == "no"
        )
        mutated = {
            key.removeprefix("mutation.webhook.admission.k8s.io/"): json.loads(webhooks.pop(key))
            for key in list(webhooks)
            if key.startswith("mutation.")
        }
        # The one before them that is asked about nothing is counted, too.
        assert {key: (one["webhook"], one["mutated"]) for key, one in mutated.items()} == {
            "round_0_index_1": ("leave.example.com", False),
            "round_0_index_2": ("add.example.com", True),
            "round_0_index_3": ("fail.example.com", False),
            "round_1_index_1": ("leave.example.com", False),
        }
        assert webhooks == {
            "patch.webhook.admission.k8s.io/round_0_index_2": '{"configuration":"b","webhook":"add.example.com",'
            '"patch":[{"op":"add","path":"/data","value":{"k":"\\u003cv\\u003e"}}],"patchType":"JSONPatch"}',
            "failed-open.mutation.webhook.admission.k8s.io/round_0_index_3": "fail.example.com",
            "failed-open.validating.webhook.admission.k8s.io/round_0_index_0": "fail.example.com",
        }


async def test_a_patch_is_told_only_with_bodies(tmp_path: Path) -> None:
    found = await world(tmp_path, "[{level: Metadata}]")
    with WebhookProgram(tmp_path, _BEHAVIOURS).running() as program:
        obj = {"metadata": {"name": "b"}, "webhooks": _all(("add",), program)}
        found.server.make(f"{_GROUP}/mutatingwebhookconfigurations", obj)
        noted = found.last(MASTER, "POST", _MAPS, _LABELS)["annotations"]
        assert "mutation.webhook.admission.k8s.io/round_0_index_0" in noted
        assert not any(key.startswith("patch.") for key in noted)
