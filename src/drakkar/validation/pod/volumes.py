"""The volumes of a pod: each has a name of its own and one source."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.validation import formats, names
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import object_annotations, object_labels
from drakkar.validation.pod.paths import local_path, no_steps_back
from drakkar.validation.pod.volume_files import downward, keyed, mode, projected, user
from drakkar.validation.storage.claim import claim_spec

Rule = Callable[[Findings, str, Object], None]
_HOST_PATHS = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_LARGEST_MODE = 0o1777


def volumes(found: Findings, path: str, given: list[Object], pod: str) -> dict[str, Object]:
    """The volumes that are well, by name; `pod` is the pod's name, empty where it is not known."""
    named: dict[str, Object] = {}
    made = {f"{pod}-{text(one, 'name')}" for one in given if pod and one.get("ephemeral") is not None}
    for at, volume in enumerate(given):
        here, name = f"{path}[{at}]", text(volume, "name")
        own = Findings()
        _source(own, here, volume, pod)
        if not name:
            own.required(f"{here}.name")
        else:
            own.each_invalid(f"{here}.name", name, formats.dns_label(name))
        if name in named:
            own.duplicate(f"{here}.name", name)
        if not own.listed():
            named[name] = volume
        found.take(own)
        claim = text(mapping(volume, "persistentVolumeClaim"), "claimName")
        if claim in made:
            said = "must not reference a PVC that gets created for an ephemeral volume"
            found.invalid(f"{here}.persistentVolumeClaim.claimName", claim, said)
    return named


def _source(found: Findings, path: str, volume: Object, pod: str) -> None:
    present = [kind for kind in SOURCES if volume.get(kind) is not None]
    for position, kind in enumerate(present):
        # An emptyDir is looked at whatever else there is, for it comes first.
        if position:
            shown = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}.get(kind, kind)
            found.forbidden(f"{path}.{shown}", "may not specify more than 1 volume type")
            continue
        shown = {"gcePersistentDisk": "persistentDisk"}.get(kind, kind)
        SOURCES[kind](found, f"{path}.{shown}", volume[kind])
        if kind == "ephemeral" and pod and text(volume, "name"):
            claim = f"{pod}-{volume['name']}"
            said = [f'PVC name "{claim}": {one}' for one in formats.dns_subdomain(claim)]
            found.each_invalid(f"{path}.name", volume["name"], said)
    if not present:
        found.required(path, "must specify a volume type")


def _needs(*fields: str) -> Rule:
    def rule(found: Findings, path: str, given: Object) -> None:
        for field in fields:
            if not given.get(field):
                found.required(f"{path}.{field}")

    return rule


def _empty_dir(found: Findings, path: str, given: Object) -> None:
    limit = given.get("sizeLimit")
    if limit is not None and Quantity.parse(limit).nanos < 0:
        found.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")
    mode(found, f"{path}.mode", given.get("mode"), _LARGEST_MODE)


def _host_path(found: Findings, path: str, given: Object) -> None:
    if not text(given, "path"):
        found.required(f"{path}.path")
        return
    no_steps_back(found, f"{path}.path", given["path"])
    kind = given.get("type")
    if kind is not None and kind not in _HOST_PATHS:
        found.not_supported(f"{path}.type", kind, _HOST_PATHS)


def _git_repo(found: Findings, path: str, given: Object) -> None:
    _needs("repository")(found, path, given)
    local_path(found, f"{path}.directory", text(given, "directory"))


def _files_of(name: str) -> Rule:
    def rule(found: Findings, path: str, given: Object) -> None:
        _needs(name)(found, path, given)
        mode(found, f"{path}.defaultMode", given.get("defaultMode"))
        user(found, f"{path}.defaultUser", given.get("defaultUser"))
        keyed(found, f"{path}.items", items(given, "items"))

    return rule


def _downward(found: Findings, path: str, given: Object) -> None:
    mode(found, f"{path}.defaultMode", given.get("defaultMode"))
    user(found, f"{path}.defaultUser", given.get("defaultUser"))
    for file in items(given, "items"):
        downward(found, path, file)


def _nfs(found: Findings, path: str, given: Object) -> None:
    _needs("server", "path")(found, path, given)
    if not text(given, "path").startswith("/"):
        found.invalid(f"{path}.path", text(given, "path"), "must be an absolute path")


def _csi(found: Findings, path: str, given: Object) -> None:
    names.driver(found, f"{path}.driver", text(given, "driver"))
    secret = given.get("nodePublishSecretRef")
    if secret is None:
        return
    if not text(secret, "name"):
        found.required(f"{path}.nodePublishSecretRef.name")
    else:
        found.each_invalid(f"{path}.name", secret["name"], formats.dns_subdomain(secret["name"]))


def _image(found: Findings, path: str, given: Object) -> None:
    _needs("reference")(found, path, given)
    policy = text(given, "pullPolicy")
    if not policy:
        found.required(f"{path}.pullPolicy")
    elif policy not in _PULL_POLICIES:
        found.not_supported(f"{path}.pullPolicy", policy, _PULL_POLICIES)


def _ephemeral(found: Findings, path: str, given: Object) -> None:
    template = given.get("volumeClaimTemplate")
    if template is None:
        found.required(f"{path}.volumeClaimTemplate")
        return
    meta, here = mapping(template, "metadata"), f"{path}.volumeClaimTemplate"
    object_annotations(found, f"{here}.metadata.annotations", mapping(meta, "annotations"))
    object_labels(found, f"{here}.metadata.labels", mapping(meta, "labels"))
    for field in sorted(meta.keys() - {"annotations", "labels"}):
        found.forbidden(f"{here}.metadata.{field}", "cannot be set")
    claim_spec(found, f"{here}.spec", mapping(template, "spec"))


# In the order in which they are looked at. Of sources that no node here mounts, only what must be there is asked for.
SOURCES: dict[str, Rule] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "gitRepo": _git_repo,
    "gcePersistentDisk": _needs("pdName"),
    "awsElasticBlockStore": _needs("volumeID"),
    "secret": _files_of("secretName"),
    "nfs": _nfs,
    "iscsi": _needs("targetPortal", "iqn"),
    "glusterfs": _needs("endpoints", "path"),
    "flocker": _needs(),
    "persistentVolumeClaim": _needs("claimName"),
    "rbd": _needs("monitors", "image"),
    "cinder": _needs("volumeID"),
    "cephfs": _needs("monitors"),
    "quobyte": _needs("registry", "volume"),
    "downwardAPI": _downward,
    "fc": _needs(),
    "flexVolume": _needs("driver"),
    "configMap": _files_of("name"),
    "azureFile": _needs("secretName", "shareName"),
    "vsphereVolume": _needs("volumePath"),
    "photonPersistentDisk": _needs("pdID"),
    "portworxVolume": _needs("volumeID"),
    "azureDisk": _needs("diskName", "diskURI"),
    "storageos": _needs(),
    "projected": projected,
    "scaleIO": _needs("gateway", "system", "volumeName"),
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
