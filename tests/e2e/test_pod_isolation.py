"""Pods that mean harm, through kubectl: on a cluster of this user and on one of an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.kubelet.runtime.process.mounts import probe

Object = dict[str, Any]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
_LIMIT = 60.0
HOOKED = 12


class Attack:
    """A cluster and the pods that are tried on it."""

    def __init__(self, cluster: OwnCluster) -> None:
        self.cluster = cluster
        self.kubectl = cluster.kubectl()
        self.key = cluster.state / "pki" / "ca.key"
        self.files = cluster.home / "pods"
        self.files.mkdir()

    def apply(self, *pods: Object) -> None:
        path = self.files / f"{pods[0]['metadata']['name']}.yaml"
        path.write_text("\n".join(json.dumps(pod) for pod in pods))
        self.kubectl.run("apply", "-f", str(path))

    def pod(self, name: str, wanted: Callable[[Object], Any]) -> Object:
        """The pod once it is as wanted."""
        end = time.monotonic() + _LIMIT
        while True:
            found = self.kubectl.get("pod", name)
            if wanted(found):
                return found
            assert time.monotonic() < end, f"{found}\n{self.cluster.logs()}"
            time.sleep(0.1)

    def said(self, pod: Object) -> str:
        """Run a pod to its end; what it printed."""
        self.apply(pod)
        name = pod["metadata"]["name"]
        self.pod(name, lambda found: found["status"]["phase"] in ("Succeeded", "Failed"))
        return self.kubectl.run("logs", name).out

    def refused(self, pod: Object) -> str:
        """The words with which a pod's container waits."""
        self.apply(pod)

        def waiting(found: Object) -> Object:
            states = found["status"].get("containerStatuses") or [{}]
            state: Object = states[0].get("state") or {}
            return state.get("waiting") or {}

        found = self.pod(
            pod["metadata"]["name"],
            lambda found: waiting(found).get("reason") == "CreateContainerConfigError",
        )
        return str(waiting(found)["message"])

    def event(self, name: str, reason: str) -> str:
        """The message of a pod's event once it is there."""
        end = time.monotonic() + _LIMIT
        selector = f"--field-selector=involvedObject.name={name},reason={reason}"
        while not (items := self.kubectl.get("events", selector)["items"]):
            assert time.monotonic() < end, f"no event {reason}" + self.cluster.logs()
            time.sleep(0.1)
        return str(items[0]["message"])


def shell(name: str, script: str, container: Object | None = None, **spec: Any) -> Object:
    """A pod that runs a script once."""
    made = {
        "name": "c",
        "image": "busybox",
        "command": ["/bin/sh", "-c", f"exec 2>&1; {script}"],
        **(container or {}),
    }
    values = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [made], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": values}


def reads_keys(attack: Attack) -> None:
    victim = shell("victim", "sleep 1000", {"env": [{"name": "TOKEN", "value": "of-the-victim"}]})
    attack.apply(victim)
    attack.pod("victim", lambda found: found["status"]["phase"] == "Running")
    tries = (
        f"cat {attack.key}; ls -R {attack.cluster.state}; cat {attack.cluster.state}/nodes/*/containers/*/plan.json;"
        f" cat /proc/[0-9]*/environ; cat /proc/[0-9]*/root{attack.key};"
        f" umount -l {attack.cluster.state}; cat {attack.key}; echo done"
    )
    for said in (
        attack.said(shell("spy", tries)),
        attack.kubectl.ask("exec", "victim", "--", "sh", "-c", tries).out,
    ):
        assert said.endswith("done\n"), said
        assert "PRIVATE KEY" not in said and "ca.key:" not in said.replace("ca.key: No such", "")
    assert "of-the-victim" not in attack.kubectl.run("logs", "spy").out


def reads_keys_through_volumes(attack: Attack) -> None:
    host = {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}
    mounted = {"volumeMounts": [{"name": "host", "mountPath": "/host"}]}
    said = attack.said(
        shell("whole", f"cat /host{attack.key}; ls /host/etc/passwd; echo done", mounted, **host)
    )
    assert "PRIVATE KEY" not in said and said.endswith("/host/etc/passwd\ndone\n")
    named = {"volumes": [{"name": "host", "hostPath": {"path": str(attack.cluster.state / "pki")}}]}
    attack.apply(shell("named", "cat /host/ca.key", mounted, **named))
    assert "which no pod may mount" in attack.event("named", "FailedMount")


def leads_out_by_a_link(attack: Attack) -> None:
    """Each with a container before that leaves a link to the host's root, and a mount below it."""
    for number, leads_to in enumerate(("/", str(attack.cluster.state), "../../..")):
        mounts = [{"name": "v", "mountPath": "/v"}]
        first = {
            "name": "first",
            "image": "busybox",
            "command": ["ln", "-s", leads_to, "/v/link"],
            "volumeMounts": mounts,
        }
        below = {"volumeMounts": [{"name": "v", "mountPath": "/host", "subPath": "link"}]}
        pod = shell(
            f"link{number}",
            "ls /host",
            below,
            initContainers=[first],
            volumes=[{"name": "v", "emptyDir": {}}],
        )
        assert 'failed to prepare subPath for volumeMount "v" of container "c"' in attack.refused(pod)


def hooks_stay_inside(attack: Attack) -> None:
    mark = f"/var/tmp/drakkar-hook-{os.getpid()}"
    volumes = [{"name": f"v{number}", "emptyDir": {}} for number in range(20)]
    mounts = [{"name": f"v{number}", "mountPath": f"/data/{number}"} for number in range(20)]
    script = f"readlink /proc/self/ns/mnt > /data/0/hook; echo x > {mark}; touch /data/19/hooked"
    hook = {"postStart": {"exec": {"command": ["sh", "-c", script]}}}
    probe = {"exec": {"command": ["test", "-e", "/data/19/hooked"]}, "periodSeconds": 1}
    pods = [
        shell(
            f"hook{number}",
            "readlink /proc/self/ns/mnt; until test -e /data/19/hooked; do sleep 0.1; done; cat /data/0/hook; sleep 1000",
            {"volumeMounts": mounts, "lifecycle": hook, "readinessProbe": probe},
            volumes=volumes,
        )
        for number in range(HOOKED)
    ]
    try:
        attack.apply(*pods)
        names = [f"pod/hook{number}" for number in range(HOOKED)]
        attack.kubectl.run("wait", *names, "--for=condition=Ready", f"--timeout={_LIMIT:g}s")
        for number in range(HOOKED):
            lines = attack.kubectl.run("logs", f"hook{number}").out.split()
            assert len(lines) == 2 and lines[0] == lines[1] != os.readlink("/proc/self/ns/mnt")
        assert not os.path.lexists(mark)
        attack.kubectl.run("delete", *names, "--wait=false")
    finally:
        Path(mark).unlink(missing_ok=True)


def asks_for_restrictions(attack: Attack, root: bool) -> None:
    message = attack.refused(shell("nonroot", "id -u", securityContext={"runAsNonRoot": True}))
    assert message.startswith('container has runAsNonRoot and image will run as root (pod: "nonroot_default(')
    held = {"runAsUser": 1234, "runAsGroup": 2345, "fsGroup": 3456, "runAsNonRoot": True}
    context = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    script = (
        "id -u; id -g; grep -c . /var/run/secrets/kubernetes.io/serviceaccount/token; echo x > /v/x && echo wrote;"
        " echo x > /tmp/x; grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status"
    )
    said = attack.said(
        shell(
            "held",
            script,
            {"securityContext": context, "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
            securityContext={**held, "seccompProfile": {"type": "RuntimeDefault"}},
            volumes=[{"name": "v", "emptyDir": {}}],
        )
    ).split()
    assert said[:4] == ["1234", "2345", "1", "wrote"] and "Read-only" in said
    assert said[-4:] == ["CapBnd:", "0000000000000000", "NoNewPrivs:", "1"] or said[-1] == "0000000000000000"
    told = {attack.event("held", "SecurityContextNotApplied")}
    assert "container c: seccompProfile: no seccomp profile is applied" in told or not root


def a_second_kubelet(attack: Attack) -> None:
    """Started with the very words of the first: it ends at once and says who is there."""
    found: list[tuple[str, list[str]]] = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")[:-1]
        except OSError:
            continue
        if "kubelet" in words and any(str(attack.cluster.state) in word for word in words):
            found.append((entry.name, words))
    assert found
    # What it has just forked has its words, too.
    words = found[0][1]
    # What stands before the interpreter and its flags: how the cluster's own user is become.
    command = attack.cluster.command
    at = command.index("-m")
    while command[at].startswith("-"):
        at -= 1
    prefix = command[:at]
    second = subprocess.run([*prefix, *words], capture_output=True, text=True, timeout=_LIMIT, check=False)
    assert second.returncode == 2, second.stderr
    said = second.stderr.replace("\n", " ")
    assert any(f"process {pid} already serves this node" in said for pid, _ in found), said


@pytest.mark.parametrize("whose", ["own", "ordinary"])
def test_a_pod_does_not_own_the_cluster(whose: str, request: pytest.FixtureRequest) -> None:
    isolation = probe()
    if isolation.mode == "none" or not isolation.own_processes:
        pytest.skip(f"no namespaces here: {isolation.reason or isolation.message}")
    own = whose == "own"
    cluster = request.getfixturevalue("make_cluster")() if own else request.getfixturevalue("nobodys")
    cluster.up("--without=driver")
    attack = Attack(cluster)
    attack.kubectl.run("wait", "serviceaccount/default", "--for=create", f"--timeout={_LIMIT:g}s")
    reads_keys(attack)
    reads_keys_through_volumes(attack)
    leads_out_by_a_link(attack)
    asks_for_restrictions(attack, own and os.geteuid() == 0)
    hooks_stay_inside(attack)
    a_second_kubelet(attack)


def test_a_second_up_leaves_the_first_alone(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up()
    log = (cluster.state / "up.log").read_text()
    again = cluster.drakkar("up", "--detach")
    assert again.returncode == 2 and "a cluster is already up here (supervisor " in again.stderr
    assert (cluster.state / "up.log").read_text() == log
    foreground = cluster.drakkar("up")
    assert foreground.returncode == 2 and "already up here" in foreground.stderr
    assert cluster.kubectl().ask("get", "--raw", "/readyz").code == 0


def test_down_ends_the_containers_of_a_cluster_whose_supervisor_was_killed(
    make_cluster: Callable[..., OwnCluster],
) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    kubectl = cluster.kubectl()
    asked = kubectl.ask("run", "stays", "--image=busybox", "--command", "--", "sleep", "100000")
    assert asked.code == 0, asked.err
    asked = kubectl.ask("wait", "pod/stays", "--for=condition=Ready", "--timeout=60s")
    assert asked.code == 0, asked.err + cluster.logs()
    [state] = cluster.state.glob("nodes/*/containers/*/state.json")
    pid = json.loads(state.read_bytes())["pid"]
    os.kill(int((cluster.state / "lock").read_text()), signal.SIGKILL)
    done = cluster.drakkar("down", "--purge")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ended 1 containers of a cluster whose supervisor was gone" in done.stdout
    assert (
        not Path(f"/proc/{pid}").exists()
        or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    )
    assert not cluster.state.exists()
