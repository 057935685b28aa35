"""The stages of a pod's life only go forward."""

import pytest

from drakkar.kubelet.pods.life import PodLife, Stage


def life(*stages: Stage) -> PodLife:
    made = PodLife()
    for stage in stages:
        made.go(stage)
    return made


def test_a_pod_that_ends_by_itself() -> None:
    made = life(Stage.RUNNING, Stage.ENDING, Stage.ENDED)
    assert made.prepared and made.heed(deleted=False, over=True) is Stage.ENDED
    assert made.heed(deleted=True, over=True) is Stage.TERMINATING
    made.go(Stage.GONE)
    assert made.heed(deleted=True, over=True) is Stage.GONE


@pytest.mark.parametrize("stage", [Stage.PREPARING, Stage.RUNNING])
def test_what_the_api_calls_over_ends(stage: Stage) -> None:
    made = life(*[stage] if stage is not Stage.PREPARING else [])
    assert made.heed(deleted=False, over=False) is stage
    assert made.heed(deleted=False, over=True) is Stage.ENDING
    # Whatever the API says later.
    assert made.heed(deleted=False, over=False) is Stage.ENDING


@pytest.mark.parametrize(
    "stages", [(), (Stage.RUNNING,), (Stage.ENDING,), (Stage.ENDING, Stage.ENDED), (Stage.TERMINATING,)]
)
def test_deletion_ends_any_stage(stages: tuple[Stage, ...]) -> None:
    made = life(*stages)
    assert made.heed(deleted=True, over=False) is Stage.TERMINATING
    assert made.prepared is (Stage.RUNNING in stages)


@pytest.mark.parametrize(
    ("stages", "to"),
    [
        ((Stage.ENDING,), Stage.RUNNING),
        ((Stage.RUNNING,), Stage.PREPARING),
        ((Stage.RUNNING,), Stage.ENDED),
        ((Stage.TERMINATING,), Stage.ENDED),
        ((), Stage.GONE),
    ],
)
def test_there_is_no_way_back_and_no_short_cut(stages: tuple[Stage, ...], to: Stage) -> None:
    with pytest.raises(ValueError, match="cannot become"):
        life(*stages).go(to)
