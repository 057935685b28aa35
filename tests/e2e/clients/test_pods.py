"""Pods and what makes them, through the official Python client: logs, exec, ports, patches of lists, scale."""

from __future__ import annotations

import pytest
from kubernetes import client as k8s
from kubernetes import stream, watch

from .following import MERGE, SECONDS, STRATEGIC, refused, running, sleeper, until, until_gone

pytestmark = pytest.mark.e2e


def test_a_pods_log_and_exec(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    core.create_namespaced_pod(namespace, sleeper("p", "for i in 1 2 3; do echo line $i; done; sleep 600"))
    assert running(core, namespace, "p").spec.node_name == "drakkar-worker"
    lines = []
    for line in watch.Watch().stream(core.read_namespaced_pod_log, "p", namespace):
        lines.append(line)
        if len(lines) == 3:
            break
    assert lines == ["line 1", "line 2", "line 3"]
    assert core.read_namespaced_pod_log("p", namespace, tail_lines=1) == "line 3\n"
    said = stream.stream(
        core.connect_get_namespaced_pod_exec,
        "p",
        namespace,
        command=["sh", "-c", "echo out; echo err >&2"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    assert "out" in said and "err" in said
    shell = stream.stream(
        core.connect_get_namespaced_pod_exec,
        "p",
        namespace,
        command=["sh"],
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    shell.write_stdin("echo answer $((6 * 7))\n")
    assert shell.readline_stdout(timeout=SECONDS) == "answer 42"
    shell.write_stdin("exit 3\n")
    shell.run_forever(timeout=SECONDS)
    assert shell.returncode == 3
    shell.close()


def test_a_port_of_a_pod(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    serve = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8000, bind='$(IP)')"
    pod = sleeper("web")
    pod["spec"]["containers"][0] |= {
        "image": "python",
        "command": ["python3", "-c", serve],
        "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "readinessProbe": {"httpGet": {"port": 8000}, "periodSeconds": 1},
    }
    core.create_namespaced_pod(namespace, pod)
    until(
        core.list_namespaced_pod,
        "web",
        lambda p: any(c.type == "Ready" and c.status == "True" for c in p.status.conditions or ()),
        namespace=namespace,
    )
    forwarding = stream.portforward(
        core.connect_get_namespaced_pod_portforward, "web", namespace, ports="8000"
    )
    socket = forwarding.socket(8000)
    socket.settimeout(SECONDS)
    socket.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
    assert socket.recv(1024).startswith(b"HTTP/1.0 200 OK")
    socket.close()
    assert forwarding.error(8000) is None


def test_workloads_patch_lists_by_name_and_scale(api: k8s.ApiClient, namespace: str) -> None:
    apps = k8s.AppsV1Api(api)
    template = sleeper("web")
    template["metadata"] = {"labels": {"app": "web"}}
    deployment = {
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    apps.create_namespaced_deployment(namespace, deployment)
    second = {"name": "second", "image": "busybox", "command": ["sleep", "600"]}
    patched = apps.patch_namespaced_deployment(
        "web", namespace, {"spec": {"template": {"spec": {"containers": [second]}}}}, _content_type=STRATEGIC
    )
    assert [container.name for container in patched.spec.template.spec.containers] == ["second", "c"]
    patched = apps.patch_namespaced_deployment(
        "web", namespace, {"spec": {"template": {"spec": {"containers": [second]}}}}, _content_type=MERGE
    )
    assert [container.name for container in patched.spec.template.spec.containers] == ["second"]
    scale = apps.read_namespaced_deployment_scale("web", namespace)
    assert scale.spec.replicas == 1
    apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 2}}, _content_type=MERGE)
    until(apps.list_namespaced_deployment, "web", lambda d: d.status.ready_replicas == 2, namespace=namespace)
    batch = k8s.BatchV1Api(api)
    once = sleeper("once", "true", restartPolicy="Never")
    batch.create_namespaced_job(namespace, {"metadata": {"name": "once"}, "spec": {"template": once}})
    until(batch.list_namespaced_job, "once", lambda job: job.status.succeeded == 1, namespace=namespace)
    core = k8s.CoreV1Api(api)
    apps.delete_namespaced_deployment("web", namespace, propagation_policy="Foreground")
    until_gone(core.list_namespaced_pod, namespace=namespace, label_selector="app=web")


def test_attach_and_evict(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    pod = sleeper("p", "while read word; do echo got $word; done")
    pod["spec"]["containers"][0]["stdin"] = True
    core.create_namespaced_pod(namespace, pod)
    running(core, namespace, "p")
    attached = stream.stream(
        core.connect_get_namespaced_pod_attach,
        "p",
        namespace,
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    attached.write_stdin("one\n")
    assert attached.readline_stdout(timeout=SECONDS) == "got one"
    attached.close()
    with refused(400, "BadRequest"):
        core.read_namespaced_pod_log("p", namespace, container="nonsense")
    eviction = {"metadata": {"name": "p"}, "deleteOptions": {"gracePeriodSeconds": 0}}
    core.create_namespaced_pod_eviction("p", namespace, eviction)
    until_gone(core.list_namespaced_pod, namespace=namespace)
    with refused(404, "NotFound"):
        core.read_namespaced_pod("p", namespace)
