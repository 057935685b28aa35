"""A container's environment, as it would be in any cluster: pod fields, references, services and the usual basics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.kubelet.pods.references import ReferenceFailed, References, pod_field, resource_field

Object = Mapping[str, Any]
_NAME = re.compile(r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")
ROOTS_HOME = "/root"
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node knows that an environment shows. `server` is where the API server can really be reached."""

    server_host: str
    server_port: int
    host_ip: str
    allocatable: Mapping[str, str]
    bin_dir: Path


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace $(NAME) by a variable's value; $$ is a dollar sign, and an unknown name stays as it is."""
    out: list[str] = []
    position = 0
    while True:
        at = text.find("$", position)
        if at < 0 or at + 1 == len(text):
            out.append(text[position:])
            return "".join(out)
        out.append(text[position:at])
        following = text[at + 1]
        if following == "$":
            out.append("$")
            position = at + 2
        elif following == "(" and (end := text.find(")", at)) > 0:
            name = text[at + 2 : end]
            out.append(env.get(name, text[at : end + 1]))
            position = end + 1
        else:
            out.append(text[at : at + 2])
            position = at + 2


def _links(name: str, host: str, ports: Sequence[Object]) -> dict[str, str]:
    """The variables of one service, in the fashion that Docker's links began."""
    prefix = name.upper().replace("-", "_")
    first = ports[0]
    env = {f"{prefix}_SERVICE_HOST": host, f"{prefix}_SERVICE_PORT": str(first["port"])}
    for port in ports:
        if port.get("name"):
            env[f"{prefix}_SERVICE_PORT_{str(port['name']).upper().replace('-', '_')}"] = str(port["port"])
    shown = f"[{host}]" if ":" in host else host
    protocol = str(first.get("protocol") or "TCP").lower()
    env[f"{prefix}_PORT"] = f"{protocol}://{shown}:{first['port']}"
    for port in ports:
        protocol = str(port.get("protocol") or "TCP")
        base = f"{prefix}_PORT_{port['port']}_{protocol}"
        env[base] = f"{protocol.lower()}://{shown}:{port['port']}"
        env |= {f"{base}_PROTO": protocol.lower(), f"{base}_PORT": str(port["port"]), f"{base}_ADDR": host}
    return env


def service_variables(
    namespace: str, services: Iterable[Object], links: bool, facts: NodeFacts
) -> dict[str, str]:
    """KUBERNETES_* always, and those of the namespace's services where the pod has service links.

    The cluster's own address for the API server leads nowhere without a network of its own, so what stands here is
    where the server is reached.
    """
    env: dict[str, str] = {}
    kubernetes: list[Object] = [{"name": "https", "port": 443, "protocol": "TCP"}]
    for service in sorted(services, key=lambda item: str(item["metadata"]["name"])):
        meta, spec = service["metadata"], service.get("spec") or {}
        if (meta["namespace"], meta["name"]) == ("default", "kubernetes"):
            kubernetes = list(spec.get("ports") or kubernetes)
        elif links and meta["namespace"] == namespace:
            address = spec.get("clusterIP")
            if address and address != "None" and spec.get("ports"):
                env |= _links(meta["name"], address, spec["ports"])
    ports = [{**kubernetes[0], "port": facts.server_port}]
    return env | _links("kubernetes", facts.server_host, ports)


async def build(
    pod: Object,
    container: Object,
    services: Iterable[Object],
    references: References,
    facts: NodeFacts,
    pod_ip: str,
    image_env: Mapping[str, str],
    device_env: Mapping[str, str],
) -> dict[str, str]:
    """All variables of a container; ReferenceFailed when something it names is not there.

    Later ones win: basics, services, image, envFrom, env, devices.
    """
    spec = pod["spec"]
    addresses = {"podIP": pod_ip, "hostIP": facts.host_ip}
    env = {
        "PATH": f"{facts.bin_dir}:{_DEFAULT_PATH}",
        "HOME": ROOTS_HOME,
        "HOSTNAME": spec.get("hostname") or pod["metadata"]["name"],
    }
    links = spec.get("enableServiceLinks", True) is not False
    services_env = service_variables(pod["metadata"]["namespace"], services, links, facts)
    env |= services_env
    env |= {name: expand(value, {"POD_IP": pod_ip}) for name, value in image_env.items()}
    for source in container.get("envFrom") or ():
        if source.get("configMapRef"):
            ref = source["configMapRef"]
            data = await references.config_map(ref["name"], bool(ref.get("optional")))
        else:
            ref = source["secretRef"]
            data = await references.secret(ref["name"], bool(ref.get("optional")))
        for key, content in sorted(data.items()):
            name = f"{source.get('prefix') or ''}{key}"
            if _NAME.match(name):
                env[name] = content.decode(errors="replace")
    # $(NAME) sees what was defined before it in the pod, and the services.
    visible = dict(env)
    for item in container.get("env") or ():
        value = await _value(pod, container, item, references, facts, addresses, visible)
        if value is not None:
            env[item["name"]] = visible[item["name"]] = value
    env.update(device_env)
    return env


async def _value(
    pod: Object,
    container: Object,
    item: Object,
    references: References,
    facts: NodeFacts,
    addresses: Mapping[str, str],
    visible: Mapping[str, str],
) -> str | None:
    source = item.get("valueFrom")
    if not source:
        return expand(str(item.get("value") or ""), visible)
    if source.get("fieldRef"):
        return pod_field(pod, source["fieldRef"]["fieldPath"], addresses)
    if source.get("resourceFieldRef"):
        return resource_field(pod, container, source["resourceFieldRef"], facts.allocatable)
    from_secret = "secretKeyRef" in source
    ref = source["secretKeyRef"] if from_secret else source["configMapKeyRef"]
    optional = bool(ref.get("optional"))
    read = references.secret if from_secret else references.config_map
    data = await read(ref["name"], optional)
    if ref["key"] in data:
        return data[ref["key"]].decode(errors="replace")
    if optional:
        return None
    kind = "Secret" if from_secret else "ConfigMap"
    raise ReferenceFailed(
        f"couldn't find key {ref['key']} in {kind} {pod['metadata']['namespace']}/{ref['name']}"
    )
