"""A day's work with kubectl, old and new: the same commands at the real server and at ours print the same."""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from .kubectl_verbs import FILES, TYPED, Typed
from .two_servers import both

pytestmark = pytest.mark.upstream
_LIMIT_S = 45
# What no two servers print alike.
_OWN = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "TIME"),
    (re.compile(r"\b\d+(m\d+)?s\b( ago)?"), "AGE"),
    (re.compile(r"https://127\.0\.0\.1:\d+"), "SERVER"),
    (re.compile(r"127\.0\.0\.1:\d+"), "SERVER"),
    (re.compile(r"\b10\.96\.\d+\.\d+\b"), "IP"),
    (re.compile(r'(resourceVersion"?: ?)"?\d+"?'), r"\1VERSION"),
    (re.compile(r"/tmp/(LIVE|MERGED)-\d+"), r"\1"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000"), "TIME"),
    (re.compile(r"Resource Version: +\d+"), "Resource Version: VERSION"),
    (re.compile(r"kube-api-access-\w{5}"), "kube-api-access"),
    (re.compile(r"X509SHA256=[0-9a-f]{64}|username: (kubernetes-)?admin"), "WHO"),
    # kubectl's own: a watch that ran out of time, and a panic.
    (re.compile(r"^E\d{4} .*reflector.*\n", re.MULTILINE), ""),
    (re.compile(r"0x[0-9a-f]+\??|\+0x[0-9a-f]+|goroutine \d+"), "POINTER"),
    (re.compile(r"(buildDate|compiler|gitCommit|gitTreeState|goVersion|platform): .*"), r"\1"),
    (re.compile(r"debugger-[a-z0-9]{5}"), "debugger"),
    (re.compile(r" {2,}"), "  "),
)
# By the command, a pattern: lines that differ, and why.
_TOLD = "what no part acts on is said to whoever makes it"
_OLDER = "both older versions of resource.k8s.io are served from the start: they are what older manifests and clients use"
LISTED: tuple[tuple[str, str, str], ...] = (
    ("api-versions", r"^resource\.k8s\.io/v1beta[12]\n", _OLDER),
    ("create ingress", r"^Warning: nothing .*\n", _TOLD),
    ("create cronjob", r"^Warning: a CronJob .*\n", _TOLD),
    ("autoscale", r"^Warning: nothing .*\n", _TOLD),
    (
        "get all,",
        r"^kube-system +configmap/kube-apiserver-legacy-service-account-token-tracking .*\n",
        "there are no tokens of service accounts in Secrets whose use could be tracked",
    ),
    (
        "get --raw /api/v1/namespaces/default",
        r"(?s).*",
        "the order of fields, and nobody owns the first namespaces",
    ),
)


class Printed(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    error: str


class User:
    """Somebody with kubectl at one server, in a directory of his own."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self._program, self._home = program, kubeconfig.parent
        for name, text in FILES.items():
            (self._home / name).write_text(text)
        editor = self._home / "editor"
        editor.write_text("#!/bin/sh\nsed -i 's/replicas: 3/replicas: 6/' \"$1\"\n")
        editor.chmod(0o755)
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(self._home),
            "KUBE_EDITOR": str(editor),
            "KUBECACHEDIR": str(self._home / "cache"),
        }

    async def types(self, typed: Typed) -> Printed:
        """Run one command to its end."""
        process = await asyncio.create_subprocess_exec(
            *(str(self._program), *shlex.split(typed.command)),
            cwd=self._home,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, error = await asyncio.wait_for(process.communicate(typed.stdin.encode()), _LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            return Printed(-1, "", f"no end after {_LIMIT_S} s")
        assert process.returncode is not None
        return Printed(process.returncode, self._plain(out), self._plain(error))

    def _plain(self, text: bytes) -> str:
        plain = text.decode().replace(str(self._home), "HOME")
        for pattern, word in _OWN:
            plain = pattern.sub(word, plain)
        return plain


def _is_listed(typed: Typed, theirs: Printed, mine: Printed) -> bool:
    for command, pattern, _ in LISTED:
        if typed.command.startswith(command):
            cut = re.compile(pattern, re.MULTILINE)
            if all(
                cut.sub("", one) == cut.sub("", other)
                for one, other in zip(theirs[1:], mine[1:], strict=True)
            ):
                return theirs.code == mine.code
    return False


async def _day(users: Sequence[User]) -> list[str]:
    found = []
    for typed in TYPED:
        theirs, mine = await asyncio.gather(*(user.types(typed) for user in users))
        if theirs != mine and not _is_listed(typed, theirs, mine):
            lines = (_told(one).splitlines() for one in (theirs, mine))
            told = difflib.unified_diff(*lines, "theirs", "ours", n=0, lineterm="")
            found.append("\n".join((f"kubectl {typed.command}", *told, "")))
    return found


def _told(printed: Printed) -> str:
    return f"{printed.code}\n{printed.out}{printed.error}"


@pytest.mark.parametrize("which", ["of this machine", "1.37"])
def test_a_days_work(
    which: str, request: pytest.FixtureRequest, tmp_path: Path, apiserver_137: Path, etcd: Path
) -> None:
    there = shutil.which("kubectl")
    if which == "1.37":
        program: Path = request.getfixturevalue("kubectl_137")
    elif there is None:
        pytest.skip("there is no kubectl here")
    else:
        program = Path(there)

    async def day() -> list[str]:
        async with both(tmp_path, apiserver_137, etcd) as servers:
            users = []
            for name, server in zip(("theirs", "mine"), servers, strict=True):
                (tmp_path / name).mkdir()
                users.append(User(program, server.kubeconfig(tmp_path / name / "kubeconfig")))
            return await _day(users)

    found = asyncio.run(day())
    assert not found, f"{len(found)} of {len(TYPED)} differ:\n" + "\n".join(found)
