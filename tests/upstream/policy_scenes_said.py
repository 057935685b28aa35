"""What expressions come to at work: each is told in a message, and asked for a bool that it is not."""

from __future__ import annotations

from .policy_scene import (
    Scene,
    checks,
    create,
    scene,
)

_SAID = {
    "request": "request.operation + ' ' + request.name + ' ' + request.namespace + ' ' + string(request.dryRun)",
    "kind": "request.kind.group + '/' + request.kind.version + '/' + request.kind.kind",
    "resource": "request.resource.group + '/' + request.resource.version + '/' + request.resource.resource",
    "asked": "request.requestKind.kind + ' ' + request.requestResource.resource",
    "below": "string(has(request.subResource)) + string(has(request.requestSubResource))",
    "user": "request.userInfo.username + ' ' + request.userInfo.uid + ' ' + request.userInfo.groups.join(',')",
    "extra": "string(has(request.userInfo.extra))",
    "options": "request.options.kind + ' ' + request.options.apiVersion + ' ' + request.options.dryRun.join(',')",
    "managers": "string(has(request.options.fieldManager)) + string(has(request.options.fieldValidation))",
    "uid": "string(has(request.uid)) + string(request.uid == '')",
    "home": "namespaceObject.metadata.name + ' ' + namespaceObject.metadata.labels['kubernetes.io/metadata.name']",
    "homes-parts": "string(has(namespaceObject.spec)) + namespaceObject.spec.finalizers.join(',') + namespaceObject.status.phase",
    "homes-owner": "string(has(namespaceObject.metadata.uid)) + string(has(namespaceObject.kind))",
    "type": "object.apiVersion + ' ' + object.kind",
    "meta": "string(object.metadata.map(k, k == 'managedFields' ? '' : k).filter(k, k != '').sort().join(','))",
    "old": "string(oldObject == null) + string(type(oldObject) == null_type)",
    "created": "string(type(object.metadata.creationTimestamp) == string)",
    "version": "string(has(object.metadata.resourceVersion)) + string(has(object.metadata.generation))",
    "data": "object.data.map(k, k + '=' + object.data[k]).sort().join(',')",
    "more-data": "object.data.transformList(k, v, k + v).sort().join(',') + string(size(object.data))",
    "maybe": "object.?spec.?replicas.orValue('none') + object.data[?'z'].orValue('-')",
    "missing": "object.spec.replicas",
    "missing-of-map": "object.data['z']",
    "no-index": "[1, 2][5] == 1 ? 'a' : 'b'",
    "not-there": "object.data.x.y",
    "divided": "string(1 / int(object.data.zero))",
    "converted": "string(int(object.data.a))",
    "labels": "object.metadata.labels.case + string('x' in object.metadata.labels)",
    "either": "string(has(object.spec) || has(object.data.x.y) || true)",
    "equal": "string(object == object) + string(object == oldObject) + string(object.data == {'a': 'b'})",
    "lists": "[3, 1, 2].sort().map(x, string(x)).join(',') + string([1, 2].sum())",
    "quantities": "string(quantity('1Gi').compareTo(quantity('1Mi'))) + string(quantity('1500m').asApproximateFloat())",
    "addresses": "string(ip('10.0.0.1').family()) + string(cidr('10.0.0.0/8').containsIP('10.1.1.1'))",
    "urls": "url('https://x.example:80/a?b=c').getHost() + url('https://x.example/a').getScheme()",
    "times": "string(timestamp('2020-01-02T00:00:00Z').getDayOfMonth()) + string(duration('90s').getMinutes())",
    "authorized": "string(1)",
}


_DATA = {"a": "b", "x": "y", "zero": "0"}


_NOBODY = "authorizer.serviceAccount('default', 'nobody')"
_VALUES: dict[str, str] = {
    "allowed": "authorizer.requestResource.check('create').allowed()",
    "allowed-path": "authorizer.path('/healthz').check('get').allowed()",
    "not-allowed": f"{_NOBODY}.group('').resource('pods').namespace('default').check('create').allowed()",
    "reason": "authorizer.serviceAccount('default', 'nobody').group('').resource('pods').check('create').reason() == ''",
    "errored": "authorizer.group('apps').resource('deployments').subresource('scale').name('x').check('get').errored()",
    "error": "authorizer.group('apps').resource('deployments').check('get').error() == ''",
    "discovery": "authorizer.serviceAccount('default', 'nobody').path('/version').check('get').allowed()",
    "bad-account": "authorizer.serviceAccount('A', 'b').path('/x').check('get').allowed()",
    "bad-path": "authorizer.path(' ').check('get').allowed()",
    "bad-resource": "authorizer.group('').resource('').check('get').allowed()",
    "three-checks": " && ".join(f"authorizer.path('/{one}').check('get').allowed()" for one in "abc"),
    "selected": "authorizer.group('').resource('pods').fieldSelector('a=x').labelSelector('a=b').check('list').allowed()",
}


def said() -> dict[str, Scene]:
    scenes: dict[str, Scene] = {}
    for what, text in _SAID.items():
        name = f"says-{what}"
        request = create(name, data=_DATA)
        scenes |= scene(name, [request], validations=[{"expression": "false", "messageExpression": text}])
        scenes |= scene(f"tells-{what}", [create(f"tells-{what}", data=_DATA)], **checks(f"({text}) == 'x'"))
    for what, text in _VALUES.items():
        scenes |= scene(f"asks-{what}", [create(f"asks-{what}")], **checks(text))
        scenes |= scene(f"asks-not-{what}", [create(f"asks-not-{what}")], **checks(f"!({text})"))
    return scenes
