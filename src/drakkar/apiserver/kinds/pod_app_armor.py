"""AppArmor profiles that a new pod names in annotations, from before there were fields for them: its containers get them."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import containers_of

_KEY = "container.apparmor.security.beta.kubernetes.io/"
_LOCAL = "localhost/"
_LONGEST = 4095


def complete(pod: Object) -> None:
    """Give the containers of a new pod, in place, the profiles of its annotations, where they have none and it has another."""
    annotations, spec = mapping(pod["metadata"].get("annotations")), mapping(pod.get("spec"))
    if mapping(spec.get("os")).get("name") == "windows":
        return
    of_pod = mapping(spec.get("securityContext")).get("appArmorProfile")
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in containers_of(spec, field):
            named = annotations.get(_KEY + text(container.get("name")))
            own = container.get("securityContext")
            if named is None or mapping(own).get("appArmorProfile") is not None:
                continue
            profile = _profile(text(named))
            if profile is not None and profile != of_pod:
                container["securityContext"] = {**mapping(own), "appArmorProfile": profile}


def _profile(annotation: str) -> Object | None:
    """The profile that an annotation means; None where it means none that can be."""
    if annotation == "unconfined":
        return {"type": "Unconfined"}
    if annotation == "runtime/default":
        return {"type": "RuntimeDefault"}
    local = annotation.removeprefix(_LOCAL)
    if not annotation.startswith(_LOCAL) or not local or local.strip() != local or len(local) > _LONGEST:
        return None
    return {"type": "Localhost", "localhostProfile": local}
