"""The planner: would these pods be placed, where, and if not, why not, device by device. Pure: `sources` reads."""

from drakkar.planner.findings import Explanation, Plan, PodFinding
from drakkar.planner.plan.planner import Planner, plan
from drakkar.planner.subject import SubjectNotFoundError, explain
from drakkar.planner.world.world import World
from drakkar.sources.source import InputError, Sourced

__all__ = [
    "Explanation",
    "InputError",
    "Plan",
    "Planner",
    "PodFinding",
    "Sourced",
    "SubjectNotFoundError",
    "World",
    "explain",
    "plan",
]
