"""Whether the server lives, and whether it can do its work: /healthz, /livez, /readyz, and each check below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drakkar.apiserver.storage.store import Store

# A server that cannot write, or is about to end, is still alive: a restart would not help it.
_CHECKS = {
    "healthz": ("ping", "log", "etcd"),
    "livez": ("ping", "log"),
    "readyz": ("ping", "log", "etcd", "shutdown"),
}
PATHS = tuple(f"/{name}" for name in _CHECKS)
BELOW = tuple(f"/{name}/{check}" for name, checks in _CHECKS.items() for check in checks)


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to a question, as a text of lines."""

    is_good: bool
    text: str


def asked(store: Store, path: str, verbose: bool, excluded: Sequence[str]) -> Health:
    """What is said at one of the paths. The checks have upstream's names, by which others ask for them: `etcd` is storage."""
    name, _, check = path.strip("/").partition("/")
    if check:
        trouble = _trouble(store, check)
        return Health(not trouble, f"internal server error: {trouble}\n" if trouble else "ok")
    lines, is_good = [], True
    for one in _CHECKS[name]:
        trouble = "" if one in excluded else _trouble(store, one)
        is_good = is_good and not trouble
        said = f"[-]{one} failed: {trouble}" if trouble else f"[+]{one} {'excluded: ' * (one in excluded)}ok"
        lines.append(said)
    unknown = sorted(set(excluded) - set(_CHECKS[name]))
    if unknown:
        told = ", ".join(f'"{one}"' for one in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {told}")
    if is_good and not verbose:
        return Health(True, "ok")
    return Health(is_good, "\n".join([*lines, f"{name} check {'passed' if is_good else 'failed'}\n"]))


def _trouble(store: Store, check: str) -> str:
    if check == "etcd" and not (store.has_room() and not store.trouble):
        return store.trouble
    if check == "shutdown" and store.ending:
        return "the server is ending"
    return ""
