"""One set of requests under several audit policies: the events that the original writes are those that ours writes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from webhook_program import WebhookProgram

from drakkar.apiserver.audit.config import AuditConfig
from drakkar.apiserver.audit.policy_file import read
from drakkar.apiserver.audit.truncation import Truncation

from .audit_requests import BEHAVIOURS, Asking, furniture, policies, probes, requests, webhooks
from .differences import differences
from .two_servers import Answer, Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
POLICIES = {
    "everything": f"{_HEAD}omitManagedFields: true\nrules: [{{level: RequestResponse}}]\n",
    "by rules": f"""{_HEAD}
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {{level: None, users: [viewer], verbs: [list]}}
- {{level: None, nonResourceURLs: [/healthz*, /version]}}
- {{level: Metadata, resources: [{{resources: [secrets, 'serviceaccounts/*']}}]}}
- {{level: RequestResponse, userGroups: [system:serviceaccounts]}}
- {{level: Request, verbs: [create, patch], resources: [{{group: apps, resources: [deployments, '*/scale']}}]}}
- level: RequestResponse
  resources: [{{resources: [configmaps], resourceNames: [some-name, by-add]}}]
  omitStages: [ResponseStarted]
- {{level: Request, namespaces: [held, ""], omitStages: [ResponseComplete]}}
- {{level: Metadata, namespaces: [default]}}
- {{level: Request, nonResourceURLs: ["*"]}}
""",
    "metadata": f"{_HEAD}rules: [{{level: Metadata}}]\n",
}
_FLAGS = ("--runtime-config=resource.k8s.io/v1beta1=true",)
_PATIENCE = 300
_PAUSE_S = 0.1
_ID = "request-"
# What differs between two runs of one server.
_OWN = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "expirationTimestamp",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "managedFields",
    "token",
}
_VARIES = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|X509SHA256=[0-9a-f]{64}|127\.0\.0\.1:\d+|(?<=by-)(theirs|ours)"
    r"|10\.96\.\d+\.\d+|(?<=kube-api-access-)\w{5}|\b\d+[smh]\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
)
_AS_ANSWERED = "as answered"


class Listed(NamedTuple):
    """A difference that is meant: patterns of the request and of the line; and why it is."""

    request: str
    line: str
    why: str


_ANSWERED = r"\.(responseStatus\.\w+|responseObject): "
LISTED = (
    Listed(r"^GET /openid/v1/jwks ", _ANSWERED, "the original wants to be asked for its own media type"),
    Listed(
        r"^GET /(version|healthz) ",
        r"\.authorization\.k8s\.io/reason: .*system:public-info-viewer.*, ours .*system:discovery",
        "which of two bindings that allow it comes first is chance there",
    ),
    Listed(
        r"^POST /api/v1/namespaces/default/configmaps",
        r"validation_failure: .*refused-2.*refused-1.*, ours .*refused-1.*refused-2",
        "which of two bindings that refuse it comes first is chance there",
    ),
)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _steady(one) for key, one in value.items() if key not in _OWN}
        return {key: one for key, one in kept.items() if one not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return _VARIES.sub("*", value).replace("kubernetes-admin", "admin") if isinstance(value, str) else value


def _told(event: Object, answer: Answer) -> Object:
    """An event less what may differ, and less what of the answer is told as it was answered."""
    told: Object = _steady(event)
    body = _steady(answer.body)
    if "responseObject" in told and told["responseObject"] == body:
        told["responseObject"] = _AS_ANSWERED
    status = told.get("responseStatus", {})
    for name in ("message", "reason", "details", "status"):
        if name in status and status[name] == body.get(name):
            status[name] = _AS_ANSWERED
    return told


def _by_request(lines: Iterable[str]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for line in lines:
        event = json.loads(line)
        if event["auditID"].startswith(_ID):
            found.setdefault(event["auditID"], []).append(event)
    return found


class _Side(NamedTuple):
    known: Asked
    unknown: Asked
    token: str

    async def ask(self, number: int, one: Asking) -> Answer:
        headers = {"Audit-ID": f"{_ID}{number}", **dict(one.headers)}
        if one.who in ("x", "default"):
            headers["Authorization"] = f"Bearer {self.token if one.who == 'default' else 'x.y.z'}"
        asked = self.unknown if one.who else self.known
        return await asked.ask(one.verb, one.path, one.body, one.media, one.accept, headers)


async def _sides(servers: Sequence[Asked]) -> list[_Side]:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    found = []
    for one in servers:
        made = await one.ask("POST", path, {"spec": {}})
        found.append(_Side(one, one.without_certificate(), made.body["status"]["token"]))
    return found


async def _seen(servers: Sequence[Asked]) -> None:
    """Return when both know of what was made, which the original sees a moment later."""
    for one, is_known in probes():
        for _ in range(_PATIENCE):
            answers = await ask_both(servers, one.verb, one.path, one.body, more=dict(one.headers))
            if all(is_known(answer.code, answer.body) for answer in answers):
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            raise AssertionError((one, answers))


async def _answers(
    directory: Path, programs: tuple[Path, Path], policy: Path, form: str
) -> tuple[list[tuple[Asking, list[Answer]]], list[list[str]]]:
    """What was asked and answered, and the lines of both logs."""
    logs = [directory / "theirs.log", directory / "ours.log"]
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={logs[0]}", f"--audit-log-format={form}")
    mine = {"audit": AuditConfig(read(policy), str(logs[1]), form)}
    asked = []
    with WebhookProgram(directory, BEHAVIOURS).running() as program:
        async with both(directory, *programs, (*_FLAGS, *flags), mine) as servers:
            for path, obj in (*furniture(), *policies(), *webhooks(program.config)):
                await make_on_both(servers, path, obj)
            await _seen(servers)
            sides = await _sides(servers)
            async with sides[0].unknown, sides[1].unknown:
                for number, one in enumerate(requests()):
                    asked.append(
                        (one, list(await asyncio.gather(*(side.ask(number, one) for side in sides))))
                    )
    return asked, [log.read_text().splitlines() for log in logs]


def _is_listed(request: str, line: str) -> bool:
    return any(re.search(one.request, request) and re.search(one.line, line) for one in LISTED)


def _compared(asked: Sequence[tuple[Asking, list[Answer]]], logs: Sequence[Sequence[str]]) -> list[str]:
    events = [_by_request(log) for log in logs]
    found = []
    for number, (one, answers) in enumerate(asked):
        told = [
            {event["stage"]: _told(event, answer) for event in side.get(f"{_ID}{number}", ())}
            for side, answer in zip(events, answers, strict=True)
        ]
        assert [len(side) for side in told] == [len(side.get(f"{_ID}{number}", ())) for side in events]
        request = f"{one.verb} {one.path} {one.who} {dict(one.headers).get('Impersonate-User', '')}"
        for each in differences(*told):
            line = f"{each.path}: theirs {json.dumps(each.theirs)}, ours {json.dumps(each.mine)}"
            if not _is_listed(request, line):
                found.append(f"{number} {request} {str(one.body)[:80]}: {line}")
    return found


@pytest.mark.parametrize("name", ["everything", "by rules"])
def test_events(name: str, tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICIES[name])
    asked, logs = asyncio.run(_answers(tmp_path, (apiserver_137, etcd), policy, "json"))
    found = _compared(asked, logs)
    assert not found, f"{len(found)} differences in {len(asked)} requests\n" + "\n".join(found)
    assert len(asked) >= 500


def test_the_old_format(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICIES["metadata"])
    asked, logs = asyncio.run(_answers(tmp_path, (apiserver_137, etcd), policy, "legacy"))
    apart = {number for number, (_, answers) in enumerate(asked) if answers[0].code != answers[1].code}
    assert len(apart) <= len(LISTED), apart
    told = [sorted(_steady(line) for line in log if _numbered(line) not in {None, *apart}) for log in logs]
    assert len(told[1]) > 2 * (len(asked) - len(apart))
    assert told[0] == told[1]


def _numbered(line: str) -> int | None:
    """Which request a line of the old format is about; None for one that is not the test's."""
    found = re.search(rf'id="{_ID}(\d+)"', line)
    return None if found is None else int(found[1])


async def _truncated(directory: Path, programs: tuple[Path, Path], policy: Path) -> list[Any]:
    """Of each side, what is left of the events of a small request, one with a large body, and one with a long URL."""
    most = 10_000
    logs = [directory / "theirs.log", directory / "ours.log"]
    flags = (
        f"--audit-policy-file={policy}",
        f"--audit-log-path={logs[0]}",
        "--audit-log-truncate-enabled",
        f"--audit-log-truncate-max-event-size={most}",
        "--audit-log-compress",
        "--audit-log-mode=batch",
        "--audit-log-version=audit.k8s.io/v1",
    )
    mine = {"audit": AuditConfig(read(policy), str(logs[1]), truncation=Truncation(most))}
    path = "/api/v1/namespaces/default/configmaps"
    async with both(directory, *programs, flags, mine) as servers:
        for number, (size, query) in enumerate(((100, ""), (most, ""), (100, "?pretty=" + "x" * most))):
            obj = {"metadata": {"name": f"c{number}"}, "data": {"a": "x" * size}}
            answers = await ask_both(servers, "POST", path + query, obj, more={"Audit-ID": f"{_ID}{number}"})
            assert [one.code for one in answers] == [201, 201]
    return [
        {
            name: [(one["stage"], sorted(one), one.get("annotations")) for one in events]
            for name, events in _by_request(log.read_text().splitlines()).items()
        }
        for log in logs
    ]


def test_events_that_are_too_large(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICIES["everything"])
    theirs, mine = asyncio.run(_truncated(tmp_path, (apiserver_137, etcd), policy))
    assert theirs == mine and len(mine) == 2
