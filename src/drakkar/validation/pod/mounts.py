"""Where a container finds the pod's volumes."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.pod.paths import local_path

_PROPAGATION = ("Bidirectional", "HostToContainer", "None")
_READ_ONLY = ("Disabled", "Enabled", "IfPossible")
_OPTIONS = ("nodev", "noexec", "nosuid")
Volumes = Mapping[str, Object]


def volume_mounts(found: Findings, path: str, container: Object, volumes: Volumes) -> None:
    """Volumes with files."""
    devices = {text(one, "name"): text(one, "devicePath") for one in items(container, "volumeDevices")}
    taken = frozenset(devices.values())
    places: set[str] = set()
    for at, mount in enumerate(items(container, "volumeMounts")):
        here, name, place = f"{path}[{at}]", text(mount, "name"), text(mount, "mountPath")
        if not name:
            found.required(f"{here}.name")
        if name not in volumes:
            found.not_found(f"{here}.name", name)
        if not place:
            found.required(f"{here}.mountPath")
        if place in places:
            found.invalid(f"{here}.mountPath", place, "must be unique")
        places.add(place)
        if name in devices:
            found.invalid(f"{here}.name", name, "must not already exist in volumeDevices")
        if place in taken:
            found.invalid(f"{here}.mountPath", place, "must not already exist as a path in volumeDevices")
        _sub_path(found, path, here, mount)
        _propagation(found, f"{path}.mountPropagation", mount, container)
        _read_only(found, f"{path}.recursiveReadOnly", mount)
        _options(found, f"{here}.bindMountOptions", items(mount, "bindMountOptions"), volumes.get(name))


def _sub_path(found: Findings, path: str, here: str, mount: Object) -> None:
    # Upstream leaves out the index of the mount in what it says of these.
    plain, expression = text(mount, "subPath"), text(mount, "subPathExpr")
    if plain:
        local_path(found, f"{path}.subPath", plain)
    if expression:
        if plain:
            said = "subPathExpr and subPath are mutually exclusive"
            found.invalid(f"{here}.subPathExpr", expression, said)
        local_path(found, f"{path}.subPathExpr", expression)


def _propagation(found: Findings, path: str, mount: Object, container: Object) -> None:
    given = mount.get("mountPropagation")
    if given is None:
        return
    if given not in _PROPAGATION:
        found.not_supported(path, given, _PROPAGATION)
    if given == "Bidirectional" and not mapping(container, "securityContext").get("privileged"):
        said = "Bidirectional mount propagation is available only to privileged containers"
        found.forbidden(path, said)


def _read_only(found: Findings, path: str, mount: Object) -> None:
    given = mount.get("recursiveReadOnly")
    if given in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            found.forbidden(path, "may only be specified when readOnly is true")
        if mount.get("mountPropagation") not in (None, "None"):
            found.forbidden(path, "may only be specified when mountPropagation is None or not specified")
    elif given is not None and given != "Disabled":
        found.not_supported(path, given, _READ_ONLY)


def _options(found: Findings, path: str, options: list[str], volume: Object | None) -> None:
    seen: set[str] = set()
    for at, option in enumerate(options):
        if option not in _OPTIONS:
            found.not_supported(f"{path}[{at}]", option, _OPTIONS)
        if option in seen:
            found.duplicate(f"{path}[{at}]", option)
        seen.add(option)
    if options and (volume or {}).get("image") is not None:
        found.invalid(path, options, "bindMountOptions may not be used with image volumes")


def volume_devices(found: Findings, path: str, container: Object, volumes: Volumes) -> None:
    """Volumes as block devices."""
    mounts = {text(one, "name"): text(one, "mountPath") for one in items(container, "volumeMounts")}
    taken = frozenset(mounts.values())
    names: set[str] = set()
    places: set[str] = set()
    for at, device in enumerate(items(container, "volumeDevices")):
        here, name, place = f"{path}[{at}]", text(device, "name"), text(device, "devicePath")
        source = volumes.get(name)
        if not name:
            found.required(f"{here}.name")
        if name in names:
            found.invalid(f"{here}.name", name, "must be unique")
        if source is None:
            found.not_found(f"{here}.name", name)
        elif source.get("persistentVolumeClaim") is None and source.get("ephemeral") is None:
            said = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            found.invalid(f"{here}.name", name, said)
        if not place:
            found.required(f"{here}.devicePath")
        if place in places:
            found.invalid(f"{here}.devicePath", place, "must be unique")
        if ".." in place.split("/"):
            found.invalid(f"{here}.devicePath", place, "can not contain backsteps ('..')")
        else:
            places.add(place)
        if name in mounts:
            found.invalid(f"{here}.name", name, "must not already exist in volumeMounts")
        if place in taken:
            found.invalid(f"{here}.devicePath", place, "must not already exist as a path in volumeMounts")
        names |= {name} - {""}
