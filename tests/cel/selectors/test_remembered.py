"""How much of what was compiled is kept."""

from __future__ import annotations

from drakkar.cel.remembered import Remembered


def test_what_was_made_before_is_not_made_again_and_the_oldest_goes_first() -> None:
    made: list[str] = []
    known: Remembered[str] = Remembered(most=3, most_letters=100)

    def get(text: str, how: bool = True) -> str:
        return known.get(text, how, lambda: made.append(text) or text.upper())  # type: ignore[func-returns-value]

    assert [get("a"), get("b"), get("a"), get("a", False)] == ["A", "B", "A", "A"]
    assert made == ["a", "b", "a"]
    get("c")
    # "b" was asked for least recently.
    assert len(known) == 3 and get("a") == "A" and made == ["a", "b", "a", "c"]
    get("b")
    assert made[-1] == "b"


def test_long_texts_take_the_place_of_many() -> None:
    known: Remembered[int] = Remembered(most=1000, most_letters=1000)
    for number in range(50):
        known.get(f"{number:0400}", None, lambda: 1)
    assert len(known) == 2
    known.get("x" * 5000, None, lambda: 1)
    assert len(known) == 1
