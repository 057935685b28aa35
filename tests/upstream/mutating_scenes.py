"""All mutating policies at work that both servers are asked about."""

from __future__ import annotations

from .mutating_scene import MutatingScene
from .mutating_scenes_applied import applied
from .mutating_scenes_patched import patched
from .mutating_scenes_ways import failing, matched, read, together, versions, ways, with_params

SCENES: dict[str, MutatingScene] = {
    **applied(),
    **patched(),
    **matched(),
    **with_params(),
    **read(),
    **failing(),
    **together(),
    **ways(),
    **versions(),
}
