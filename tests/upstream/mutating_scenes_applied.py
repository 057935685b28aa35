"""What comes of configurations that are applied: to maps, lists of all sorts, what is atomic; and what is no configuration."""

from __future__ import annotations

from .mutating_scene import MutatingScene, apply, config, deployment, pod, scene

_META = "Object{{metadata: Object.metadata{{{}}}}}"
_SPEC = "Object{{spec: Object.spec{{{}}}}}"
_CONTAINER = "Object{{spec: Object.spec{{containers: [Object.spec.containers{{name: 'own', {}}}]}}}}"

# About a ConfigMap that has `data: {a: "1", b: "2"}`.
_MAPS = {
    "nothing": "Object{}",
    "data": "Object{data: {'b': '3', 'c': '4'}}",
    "computed": "Object{data: {'n': string(object.data.size()), 'name': object.metadata.name}}",
    "same": "Object{data: {'a': '1'}}",
    "empty-map": "Object{data: {}}",
    "optional": "Object{?data: optional.of({'c': '5'}), ?immutable: optional.none()}",
    "optional-there": "Object{?immutable: object.?data.a == optional.of('1') ? optional.of(true) : optional.none()}",
    "immutable": "Object{immutable: true}",
    "from-object": "Object{data: object.metadata.labels}",
    "mapped": "Object{data: object.data.transformMap(k, v, v + '!')}",
    "labels": _META.format("labels: {'x': 'y'}"),
    "annotations": _META.format("annotations: {'x': 'y'}, finalizers: ['a/b']"),
    "bad-label": _META.format("labels: {'x': '***'}"),
    "bad-key": "Object{data: {'***': 'x'}}",
    "name": _META.format("name: 'other'"),
    "namespace": _META.format("namespace: 'kube-system'"),
    "uid": _META.format("uid: 'x'"),
    "version": _META.format("resourceVersion: '7'"),
    "generate": _META.format("generateName: 'x-'"),
    "generation": _META.format("generation: 7"),
    "deleted": _META.format("deletionGracePeriodSeconds: 7"),
    "metadata": "Object{metadata: object.metadata}",
    "whole-data": "Object{data: object.data}",
    "kind": "Object{kind: 'Secret', apiVersion: 'v7'}",
    "unknown": "Object{nothing: 1}",
    "unknown-deep": _META.format("nothing: 'a'"),
    "unknown-part": "Object{nothing: Object.nothing{a: 1}}",
    "int-for-text": "Object{data: {'a': 1}}",
    "double-for-text": "Object{data: {'a': 1.5}}",
    "bool-for-text": "Object{data: {'a': true}}",
    "text-for-bool": "Object{immutable: 'true'}",
    "int-for-bool": "Object{immutable: 1}",
    "text-for-map": "Object{data: 'a'}",
    "int-for-map": "Object{data: 5}",
    "list-for-map": "Object{data: ['a']}",
    "map-for-bool": "Object{immutable: {'a': 'b'}}",
    "text-for-int": _META.format("generation: '7'"),
    "uint-for-int": _META.format("generation: 7u"),
    "double-for-int": _META.format("generation: 7.5"),
    "null-map": "Object{data: null}",
    "null-bool": "Object{immutable: null}",
    "null-text": "Object{data: {'a': null}}",
    "null-int": _META.format("generation: null"),
    "bytes": "Object{binaryData: {'a': b'abc'}}",
    "base64": "Object{binaryData: {'a': base64.encode(b'abc')}}",
    "bad-base64": "Object{binaryData: {'a': '*'}}",
    "bad-keys": "Object{data: {1: 'a'}}",
    "misnamed": "Object{metadata: Object.spec{}}",
    "misnamed-deep": "Object{metadata: Object.metadata{labels: Object.metadata.label{}}}",
    "misnamed-item": _META.format("ownerReferences: [Object.metadata.owners{uid: 'x'}]"),
    "misnamed-value": "Object{data: {'a': Object.data.a{}}}",
    "object-for-map": "Object{data: Object.data{a: 'x', c: 'y'}}",
    "failed": "Object{data: {'a': object.nothing}}",
    "failed-index": "Object{data: {'a': [object.metadata.name][1]}}",
    "timed": _META.format("creationTimestamp: '2020-01-01T00:00:00Z'"),
    "bad-time": _META.format("deletionTimestamp: 'x'"),
    "set": _META.format("finalizers: ['a/b', 'c/d']"),
    "set-twice": _META.format("finalizers: ['a/b', 'a/b']"),
    "set-of-maps": _META.format("finalizers: [{'a': 'b'}]"),
    "set-null": _META.format("finalizers: [null]"),
    "conditional": "object.metadata.name == 'x' ? Object{} : Object{data: {'c': 'no'}}",
    "atomic-struct": _META.format(
        "ownerReferences: [Object.metadata.ownerReferences{uid: 'u', name: 'n', kind: 'K', apiVersion: 'v1'}]"
    ),
    "managed": _META.format("managedFields: [Object.metadata.managedFields{manager: 'm'}]"),
}

# About a pod with a container `own`.
_LISTS = {
    "more-containers": _SPEC.format(
        "containers: [Object.spec.containers{name: 'more', image: 'more:1'}], "
        "initContainers: [Object.spec.initContainers{name: 'init', image: 'init:1', restartPolicy: 'Always'}]"
    ),
    "image": _CONTAINER.format("image: 'other:2'"),
    "env": _CONTAINER.format(
        "env: [Object.spec.containers.env{name: 'B', value: '3'}, Object.spec.containers.env{name: 'C', value: '4'}]"
    ),
    "env-first": _CONTAINER.format(
        "env: [Object.spec.containers.env{name: 'C', value: '4'}, Object.spec.containers.env{name: 'A', value: '5'}]"
    ),
    "env-maps": _CONTAINER.format("env: [{'name': 'C', 'value': '4'}]"),
    "env-dynamic": _CONTAINER.format("env: object.spec.containers[0].env"),
    "env-joined": _CONTAINER.format("env: [Object.spec.containers.env{name: 'D', value: '1'}] + []"),
    "env-filtered": _CONTAINER.format(
        "env: ['C', 'D'].map(n, Object.spec.containers.env{name: n, value: 'x'})"
    ),
    "env-reference": _CONTAINER.format(
        "env: [Object.spec.containers.env{name: 'C', valueFrom: Object.spec.containers.env.valueFrom{"
        "fieldRef: Object.spec.containers.env.valueFrom.fieldRef{fieldPath: 'metadata.name'}}}]"
    ),
    "env-twice": _CONTAINER.format(
        "env: [Object.spec.containers.env{name: 'C'}, Object.spec.containers.env{name: 'C'}]"
    ),
    "ports": _CONTAINER.format(
        "ports: [Object.spec.containers.ports{containerPort: 80, name: 'web'}, "
        "Object.spec.containers.ports{containerPort: 81, protocol: 'UDP'}]"
    ),
    "no-key": _SPEC.format("containers: [Object.spec.containers{image: 'x'}]"),
    "no-item": _SPEC.format("containers: ['x']"),
    "no-list": _SPEC.format("containers: 'x'"),
    "empty-list": _SPEC.format("containers: []"),
    "args": _CONTAINER.format("args: ['a']"),
    "command-empty": _CONTAINER.format("command: []"),
    "selector": _SPEC.format("nodeSelector: {'a': 'b'}"),
    "tolerations": _SPEC.format("tolerations: [Object.spec.tolerations{key: 'a'}]"),
    "secrets": _SPEC.format("imagePullSecrets: [Object.spec.imagePullSecrets{name: 's'}]"),
    "volumes": _SPEC.format(
        "volumes: [Object.spec.volumes{name: 'v', emptyDir: Object.spec.volumes.emptyDir{}}]"
    ),
    "volume-items": _SPEC.format(
        "volumes: [Object.spec.volumes{name: 'v', configMap: Object.spec.volumes.configMap{name: 'c', "
        "items: [Object.spec.volumes.configMap.items{key: 'k', path: 'p'}]}}]"
    ),
    "quantity": _CONTAINER.format(
        "resources: Object.spec.containers.resources{limits: {'memory': '1Gi', 'cpu': '500m'}}"
    ),
    "quantity-int": _CONTAINER.format("resources: Object.spec.containers.resources{requests: {'cpu': 1}}"),
    "quantity-bad": _CONTAINER.format("resources: Object.spec.containers.resources{limits: {'cpu': 'x'}}"),
    "security": _CONTAINER.format(
        "securityContext: Object.spec.containers.securityContext{runAsUser: 5, privileged: false}"
    ),
    "capabilities": _CONTAINER.format(
        "securityContext: Object.spec.containers.securityContext{capabilities: "
        "Object.spec.containers.securityContext.capabilities{drop: ['ALL']}}"
    ),
    "probe": _CONTAINER.format(
        "livenessProbe: Object.spec.containers.livenessProbe{httpGet: "
        "Object.spec.containers.livenessProbe.httpGet{path: '/x', port: 80}}"
    ),
    "probe-text": _CONTAINER.format(
        "livenessProbe: Object.spec.containers.livenessProbe{httpGet: "
        "Object.spec.containers.livenessProbe.httpGet{path: '/x', port: 'web'}}"
    ),
    "deadline": _SPEC.format("activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 7"),
    "deadline-text": _SPEC.format("activeDeadlineSeconds: '5'"),
    "deadline-double": _SPEC.format("activeDeadlineSeconds: 5.5"),
    "grace-small": _SPEC.format("terminationGracePeriodSeconds: -1"),
    "restart": _SPEC.format("restartPolicy: 'Sometimes'"),
    "status": "Object{status: Object.status{phase: 'Running'}}",
    "overhead": _SPEC.format("overhead: {'cpu': '1'}"),
    "spread": _SPEC.format(
        "topologySpreadConstraints: [Object.spec.topologySpreadConstraints{maxSkew: 1, topologyKey: 'k', "
        "whenUnsatisfiable: 'DoNotSchedule', labelSelector: "
        "Object.spec.topologySpreadConstraints.labelSelector{matchLabels: {'a': 'b'}}}]"
    ),
    "aliases": _SPEC.format("hostAliases: [Object.spec.hostAliases{ip: '1.2.3.4', hostnames: ['a']}]"),
    "gates": _SPEC.format("readinessGates: [Object.spec.readinessGates{conditionType: 'a/b'}]"),
    "claims": _SPEC.format("resourceClaims: [Object.spec.resourceClaims{name: 'c', resourceClaimName: 'd'}]"),
    "unknown-item": _CONTAINER.format("nothing: 1"),
}

_DEPLOYED = {
    "replicas": _SPEC.format("replicas: 3"),
    "replicas-more": _SPEC.format("replicas: object.spec.replicas + 4"),
    "deployed-selector": _SPEC.format("selector: Object.spec.selector{matchLabels: {'a': 'b'}}"),
    "template": _SPEC.format(
        "template: Object.spec.template{metadata: Object.spec.template.metadata{labels: {'c': 'd'}}}"
    ),
    "strategy": _SPEC.format("strategy: Object.spec.strategy{type: 'Recreate'}"),
    "surge": _SPEC.format(
        "strategy: Object.spec.strategy{rollingUpdate: Object.spec.strategy.rollingUpdate{maxSurge: 2}}"
    ),
    "surge-text": _SPEC.format(
        "strategy: Object.spec.strategy{rollingUpdate: Object.spec.strategy.rollingUpdate{maxSurge: '40%'}}"
    ),
    "surge-list": _SPEC.format(
        "strategy: Object.spec.strategy{rollingUpdate: Object.spec.strategy.rollingUpdate{maxSurge: ['a']}}"
    ),
    "surge-large": _SPEC.format("replicas: 9999999999"),
}


def applied() -> dict[str, MutatingScene]:
    scenes: dict[str, MutatingScene] = {}
    for what, expression in _MAPS.items():
        name = f"map-{what}"
        scenes |= scene(name, [apply(expression)], [config(name, data={"a": "1", "b": "2"})])
    for what, expression in _LISTS.items():
        name = f"list-{what}"
        scenes |= scene(name, [apply(expression)], [pod(name)])
    for what, expression in _DEPLOYED.items():
        name = f"deploy-{what}"
        scenes |= scene(name, [apply(expression)], [deployment(name)])
    return scenes
