"""A container's environment, as it would be in any cluster: pod fields, references, services and the usual basics."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from drakkar.api.run_pod import EnvFromSource, EnvVar, KeyRef, RunContainer, RunPod
from drakkar.api.workloads import Service, ServicePort
from drakkar.kubelet.pods.references import References, UnresolvedReferenceError, pod_field, resource_field

_NAME = re.compile(r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")
ROOTS_HOME = "/root"
# Characters of all variables, or all words, of a container: the system takes 2 MiB when a program is started.
MOST = 2 * 1024 * 1024
_LONGEST_PATH = 4096
_SHOWN = 80
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node knows that an environment shows. `server` is where the API server can really be reached."""

    server_host: str
    server_port: int
    host_ip: str
    allocatable: Mapping[str, str]
    bin_dir: Path


class TooLongError(Exception):
    """What a container would be given is more than the system takes."""


def expand(text: str, env: Mapping[str, str], most: int = MOST) -> str:
    """Replace $(NAME) by a variable's value; $$ is a dollar sign, and an unknown name stays as it is. TooLongError where more
    than `most` characters would come of it.
    """
    return _replaced(text, env.get, most)


def expand_path(text: str, env: Mapping[str, str]) -> str:
    """The same for what is to be a path."""
    return _replaced(text, env.get, _LONGEST_PATH)


def expand_all(words: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """The same for words that together are no longer than `MOST`."""
    made: list[str] = []
    left = MOST
    for word in words:
        made.append(expand(word, env, left))
        left -= len(made[-1])
    return tuple(made)


def _replaced(text: str, value_of: Callable[[str], str | None], most: int) -> str:
    out: list[str] = []
    position = length = 0
    # Looked for once: a row of names that are not closed would be looked through for each of them.
    last_end = text.rfind(")")

    def add(part: str) -> None:
        nonlocal length
        length += len(part)
        if length > most:
            raise TooLongError(f"{_beginning(text)} stands for more than {most} characters")
        out.append(part)

    while True:
        at = text.find("$", position)
        if at < 0 or at + 1 == len(text):
            add(text[position:])
            return "".join(out)
        add(text[position:at])
        following = text[at + 1]
        if following == "$":
            add("$")
            position = at + 2
        elif following == "(" and at < last_end:
            end = text.index(")", at)
            value = value_of(text[at + 2 : end])
            add(text[at : end + 1] if value is None else value)
            position = end + 1
        else:
            add(text[at : at + 2])
            position = at + 2


def _beginning(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."


def expand_known(text: str, env: Mapping[str, str]) -> str:
    """A path where each name has to have a value, an empty one being none; UnresolvedReferenceError names those without."""
    missing: set[str] = set()

    def value_of(name: str) -> str | None:
        if not env.get(name):
            missing.add(name)
        return env.get(name)

    expanded = _replaced(text, value_of, _LONGEST_PATH)
    if missing:
        raise UnresolvedReferenceError(f"missing value for {', '.join(sorted(missing))}")
    return expanded


def _links(name: str, host: str, ports: Sequence[ServicePort]) -> dict[str, str]:
    """The variables of one service, in the fashion that Docker's links began."""
    prefix = name.upper().replace("-", "_")
    first = ports[0]
    env = {f"{prefix}_SERVICE_HOST": host, f"{prefix}_SERVICE_PORT": str(first.port)}
    for port in ports:
        if port.name:
            env[f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}"] = str(port.port)
    shown = f"[{host}]" if ":" in host else host
    env[f"{prefix}_PORT"] = f"{(first.protocol or 'TCP').lower()}://{shown}:{first.port}"
    for port in ports:
        protocol = port.protocol or "TCP"
        base = f"{prefix}_PORT_{port.port}_{protocol}"
        env[base] = f"{protocol.lower()}://{shown}:{port.port}"
        env |= {f"{base}_PROTO": protocol.lower(), f"{base}_PORT": str(port.port), f"{base}_ADDR": host}
    return env


def service_variables(
    namespace: str, services: Iterable[Service], links: bool, facts: NodeFacts
) -> dict[str, str]:
    """KUBERNETES_* always, and those of the namespace's services where the pod has service links.

    The cluster's own address for the API server leads nowhere without a network of its own, so what stands here is
    where the server is reached.
    """
    env: dict[str, str] = {}
    kubernetes = ServicePort(name="https", port=443, protocol="TCP")
    for service in sorted(services, key=lambda item: item.metadata.name):
        meta, spec = service.metadata, service.spec
        if (meta.namespace, meta.name) == ("default", "kubernetes"):
            kubernetes = next(iter(spec.ports), kubernetes)
        elif links and meta.namespace == namespace and spec.ports and spec.cluster_ip not in ("", "None"):
            env |= _links(meta.name, spec.cluster_ip, spec.ports)
    reached = msgspec.structs.replace(kubernetes, port=facts.server_port)
    return env | _links("kubernetes", facts.server_host, [reached])


@dataclass(frozen=True, slots=True)
class Around:
    """What a container's environment is made of beside its own spec: its pod, the node, and what they refer to.

    `image_env` are the image's variables, `device_env` those of its devices.
    """

    pod: RunPod
    pod_ip: str
    facts: NodeFacts
    references: References
    services: Iterable[Service]
    image_env: Mapping[str, str]
    device_env: Mapping[str, str]

    @property
    def addresses(self) -> dict[str, str]:
        return {"podIP": self.pod_ip, "hostIP": self.facts.host_ip}


async def build(container: RunContainer, around: Around) -> dict[str, str]:
    """All variables of a container; UnresolvedReferenceError when something it names is not there, TooLongError when they are
    more than the system takes, each that is replaced by a later one included.

    Later ones win: basics, services, image, envFrom, env, devices.
    """
    pod, facts = around.pod, around.facts
    env = {
        "PATH": f"{facts.bin_dir}:{_DEFAULT_PATH}",
        "HOME": ROOTS_HOME,
        "HOSTNAME": pod.spec.hostname or pod.metadata.name,
    }
    links = pod.spec.enable_service_links is not False
    env |= service_variables(pod.metadata.namespace, around.services, links, facts)
    env |= {name: expand(value, {"POD_IP": around.pod_ip}) for name, value in around.image_env.items()}
    left = _less(_less(MOST, env), around.device_env)
    for source in container.env_from:
        found = await _from(source, around.references)
        left = _less(left, found)
        env |= found
    # $(NAME) sees what was defined before it in the pod, and the services.
    visible = dict(env)
    for item in container.env:
        value = await _value(container, item, around, visible, left)
        if value is not None:
            left = _less(left, {item.name: value})
            env[item.name] = visible[item.name] = value
    env.update(around.device_env)
    return env


def _less(left: int, variables: Mapping[str, str]) -> int:
    left -= sum(len(name) + len(value) for name, value in variables.items())
    if left < 0:
        raise TooLongError(f"the variables of the container are more than {MOST} characters")
    return left


async def _from(source: EnvFromSource, references: References) -> dict[str, str]:
    data: dict[str, bytes] = {}
    if source.config_map_ref is not None:
        data = await references.config_map(source.config_map_ref.name, source.config_map_ref.optional)
    elif source.secret_ref is not None:
        data = await references.secret(source.secret_ref.name, source.secret_ref.optional)
    named = ((f"{source.prefix}{key}", content) for key, content in sorted(data.items()))
    return {name: content.decode(errors="replace") for name, content in named if _NAME.match(name)}


async def _value(
    container: RunContainer, item: EnvVar, around: Around, visible: Mapping[str, str], left: int
) -> str | None:
    """The value of one variable; None where it is not to be there."""
    source = item.value_from
    if source is None:
        try:
            return expand(item.value, visible, left)
        except TooLongError:
            text = f"the variables of the container, up to {item.name}, are more than {MOST} characters"
            raise TooLongError(text) from None
    if source.field_ref is not None:
        return pod_field(around.pod, source.field_ref.field_path, around.addresses)
    if source.resource_field_ref is not None:
        return resource_field(around.pod, container, source.resource_field_ref, around.facts.allocatable)
    references, namespace = around.references, around.pod.metadata.namespace
    if source.secret_key_ref is not None:
        return await _key("Secret", references.secret, source.secret_key_ref, namespace)
    if source.config_map_key_ref is not None:
        return await _key("ConfigMap", references.config_map, source.config_map_key_ref, namespace)
    raise UnresolvedReferenceError(f"variable {item.name} is from nowhere that this node knows")


async def _key(
    kind: str, read: Callable[[str, bool], Awaitable[dict[str, bytes]]], ref: KeyRef, namespace: str
) -> str | None:
    data = await read(ref.name, ref.optional)
    if ref.key in data:
        return data[ref.key].decode(errors="replace")
    if ref.optional:
        return None
    raise UnresolvedReferenceError(f"couldn't find key {ref.key} in {kind} {namespace}/{ref.name}")
