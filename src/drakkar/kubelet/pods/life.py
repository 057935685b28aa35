"""The stages of a pod's life on its node, and which may follow which."""

from __future__ import annotations

import enum

# Seconds for the containers of a pod that was removed without its node's word: nobody waits for them.
FORCED_GRACE = 1.0


class Stage(enum.Enum):
    """Where a pod is in its life. Work that failed is done again in the stage that it belongs to."""

    PREPARING = "its volumes and devices are not all there yet"
    RUNNING = "its containers are started and restarted as its spec says"
    ENDING = "it has ended by itself, or failed: what still runs is stopped and its devices are given back"
    ENDED = "only its files and logs are left, until it is deleted"
    TERMINATING = "it is deleted: everything of it is ended and removed"
    GONE = "nothing of it is left"


_NEXT = {
    Stage.PREPARING: {Stage.RUNNING, Stage.ENDING, Stage.TERMINATING},
    Stage.RUNNING: {Stage.ENDING, Stage.TERMINATING},
    Stage.ENDING: {Stage.ENDED, Stage.TERMINATING},
    Stage.ENDED: {Stage.TERMINATING},
    Stage.TERMINATING: {Stage.GONE},
    Stage.GONE: set[Stage](),
}


class PodLife:
    """One pod's stage. A life only goes forward: a pod that has ended does not run again, a deleted one does not stay."""

    def __init__(self) -> None:
        self.stage = Stage.PREPARING
        # Has it ever had all its volumes and devices? Its status tells of that to the end.
        self.prepared = False

    @property
    def is_ending(self) -> bool:
        """Whether its containers are being stopped for good."""
        return self.stage in (Stage.ENDING, Stage.TERMINATING)

    def go(self, to: Stage) -> None:
        """Enter a stage; ValueError for one that cannot follow, which is a mistake of the caller."""
        if to not in _NEXT[self.stage]:
            raise ValueError(f"a pod that is {self.stage.name} cannot become {to.name}")
        self.prepared = self.prepared or to is Stage.RUNNING
        self.stage = to

    def heed(self, deleted: bool, over: bool) -> Stage:
        """Take in what the API says of the pod: that it is deleted, or that it is over; the stage it is in then."""
        if deleted:
            if self.stage not in (Stage.TERMINATING, Stage.GONE):
                self.go(Stage.TERMINATING)
        elif over and self.stage in (Stage.PREPARING, Stage.RUNNING):
            self.go(Stage.ENDING)
        return self.stage
