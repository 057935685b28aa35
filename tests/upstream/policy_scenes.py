"""All policies at work that both servers are asked about."""

from __future__ import annotations

from .policy_scene import Scene
from .policy_scenes_drivers import drivers
from .policy_scenes_matching import matched, with_params
from .policy_scenes_outcomes import outcomes, with_variables
from .policy_scenes_reading import reading
from .policy_scenes_said import said
from .policy_scenes_ways import ways

SCENES: dict[str, Scene] = {
    **said(),
    **outcomes(),
    **with_variables(),
    **matched(),
    **with_params(),
    **ways(),
    **drivers(),
    **reading(),
}
