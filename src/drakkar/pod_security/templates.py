"""Where workloads keep the template of their pods."""

from __future__ import annotations

from typing import Final

from drakkar.api.object import Object, ObjectView
from drakkar.api.or_empty import mapping

_IN_SPEC = ("spec", "template")
# By group and plural.
_PLACES: Final = {
    ("", "podtemplates"): ("template",),
    ("", "replicationcontrollers"): _IN_SPEC,
    ("apps", "daemonsets"): _IN_SPEC,
    ("apps", "deployments"): _IN_SPEC,
    ("apps", "replicasets"): _IN_SPEC,
    ("apps", "statefulsets"): _IN_SPEC,
    ("batch", "cronjobs"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "jobs"): _IN_SPEC,
}


def makes_pods(group: str, plural: str) -> bool:
    """Whether objects of such a resource hold a template of pods."""
    return (group, plural) in _PLACES


def template_of(group: str, plural: str, obj: ObjectView) -> Object:
    """The template in an object of such a resource; empty where it holds none."""
    found = dict(obj)
    for part in _PLACES[group, plural]:
        found = mapping(found.get(part))
    return found
