"""What a write of a pod's resources makes of it (KEP-1287), and what may be wrong with that."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.apiserver.kinds.pod_references import is_mirror
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.pod import pod, resize, unsaid

RESIZE = "resize"
_LISTS = ("containers", "initContainers")
_OWN = ("resources", "resizePolicy")
_CLASS = "Pod QOS Class may not change as a result of resizing"


def resized(old: Object, sent: Object, default: Callable[[Object], None]) -> Object:
    """A pod with the resources that were sent, less all else that was, where the containers are the same; else with what was
    sent, so that it can be told what is wrong. `default` fills a pod in place."""
    given = {"spec": sent.get("spec") or {}}
    default(given)
    spec: Object = given["spec"]
    if any(len(spec.get(name) or ()) != len(old["spec"].get(name) or ()) for name in _LISTS):
        return {**old, "spec": spec, "status": sent.get("status") or {}}
    made = {
        **old["spec"],
        **{name: _mixed(spec[name], old["spec"][name]) for name in _LISTS if spec.get(name)},
    }
    if spec.get("resources") is not None:
        # Who does not know of them leaves them out, and they stay.
        made["resources"] = spec["resources"]
    return {**old, "spec": made}


def _mixed(new: list[Object], old: list[Object]) -> list[Object]:
    if [one.get("name") for one in new] != [one.get("name") for one in old]:
        return new
    made = []
    for one, other in zip(new, old, strict=True):
        kept = {key: value for key, value in other.items() if key not in _OWN}
        # Their own, since more may be filled in.
        made.append(kept | {key: one[key] for key in _OWN if one.get(key) is not None})
    return made


def problems(old: Object, new: Object, class_of: Callable[[Object], str]) -> list[FieldError]:
    """What is wrong with a pod that has other resources than `old`; `class_of` is the class of service of a spec."""
    if is_mirror(old):
        return [FieldError.forbidden("[]", "static pods cannot be resized")]
    if ((old["spec"].get("os")) or {}).get("name") == "windows":
        return [FieldError.forbidden("[]", "windows pods cannot be resized")]
    found, before = Findings(), Findings()
    pod(found, new, ephemeral=True)
    pod(before, old, ephemeral=True)
    known = set(before.listed())
    changed = Findings()
    told = (old.get("status") or {}).get("qosClass")
    if (told or class_of(old["spec"])) != class_of(new["spec"]):
        said = (new.get("status") or {}).get("qosClass") or ""
        changed.add(FieldError.invalid("spec", shown(said, typed=True), _CLASS))
    resize(changed, new, old)
    wrong = [*(cause for cause in found.listed() if cause not in known), *changed.listed()]
    if not wrong:
        unsaid(changed, new, old)
    return wrong or changed.listed()
