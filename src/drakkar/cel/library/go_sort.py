"""The order in which Go's sort.Slice leaves elements that compare equal, which a stable sort does not give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

_INSERTION: Final = 12
_NINTHER: Final = 50
_MAX_SWAPS: Final = 12
_MAX_STEPS: Final = 5
_WORD: Final = (1 << 64) - 1


def sorted_positions(keys: Sequence[Any], less: Callable[[Any, Any], bool]) -> list[int]:
    """The positions of the keys in sorted order, exactly as Go 1.19 and later would put them."""
    sorter = _Sorter(keys, less)
    sorter.sort(0, len(keys), len(keys).bit_length())
    return sorter.order


class _Sorter:
    """Pattern-defeating quicksort over positions; `less` may be no total order (NaN), as in Go."""

    __slots__ = ("keys", "less_key", "order")

    def __init__(self, keys: Sequence[Any], less: Callable[[Any, Any], bool]) -> None:
        self.keys = keys
        self.less_key = less
        self.order = list(range(len(keys)))

    def less(self, i: int, j: int) -> bool:
        order = self.order
        return self.less_key(self.keys[order[i]], self.keys[order[j]])

    def swap(self, i: int, j: int) -> None:
        order = self.order
        order[i], order[j] = order[j], order[i]

    def sort(self, low: int, high: int, limit: int) -> None:
        balanced = partitioned = True
        while True:
            length = high - low
            if length <= _INSERTION:
                self.insertion_sort(low, high)
                return
            if limit == 0:
                self.heap_sort(low, high)
                return
            if not balanced:
                self.break_patterns(low, high)
                limit -= 1
            pivot, swaps = self.choose_pivot(low, high)
            rising = swaps == 0
            if swaps == _MAX_SWAPS:
                self.order[low:high] = self.order[low:high][::-1]
                pivot = high - 1 - (pivot - low)
                rising = True
            if balanced and partitioned and rising and self.partial_insertion_sort(low, high):
                return
            if low > 0 and not self.less(low - 1, pivot):
                low = self.partition_equal(low, high, pivot)
                continue
            middle, partitioned = self.partition(low, high, pivot)
            left, right = middle - low, high - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self.sort(low, middle, limit)
                low = middle + 1
            else:
                self.sort(middle + 1, high, limit)
                high = middle

    def insertion_sort(self, low: int, high: int) -> None:
        for i in range(low + 1, high):
            j = i
            while j > low and self.less(j, j - 1):
                self.swap(j, j - 1)
                j -= 1

    def heap_sort(self, low: int, high: int) -> None:
        size = high - low
        for i in range((size - 1) // 2, -1, -1):
            self.sift_down(i, size, low)
        for i in range(size - 1, -1, -1):
            self.swap(low, low + i)
            self.sift_down(0, i, low)

    def sift_down(self, root: int, size: int, first: int) -> None:
        while (child := 2 * root + 1) < size:
            if child + 1 < size and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child

    def partition(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        self.swap(low, pivot)
        i, j = low + 1, high - 1
        untouched = True
        while True:
            while i <= j and self.less(i, low):
                i += 1
            while i <= j and not self.less(j, low):
                j -= 1
            if i > j:
                self.swap(j, low)
                return j, untouched
            self.swap(i, j)
            untouched = False
            i += 1
            j -= 1

    def partition_equal(self, low: int, high: int, pivot: int) -> int:
        self.swap(low, pivot)
        i, j = low + 1, high - 1
        while True:
            while i <= j and not self.less(low, i):
                i += 1
            while i <= j and self.less(low, j):
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i += 1
            j -= 1

    def partial_insertion_sort(self, low: int, high: int) -> bool:
        i = low + 1
        for _ in range(_MAX_STEPS):
            while i < high and not self.less(i, i - 1):
                i += 1
            if i == high:
                return True
            if high - low < _NINTHER:
                return False
            self.swap(i, i - 1)
            if i - low >= 2:
                # Down to the start of everything, not of this part: so does Go.
                for j in range(i - 1, 0, -1):
                    if not self.less(j, j - 1):
                        break
                    self.swap(j, j - 1)
            if high - i >= 2:
                for j in range(i + 1, high):
                    if not self.less(j, j - 1):
                        break
                    self.swap(j, j - 1)
        return False

    def break_patterns(self, low: int, high: int) -> None:
        length = high - low
        # Go's generator is seeded with the length, so that the outcome is always the same.
        random = length
        mask = (1 << length.bit_length()) - 1
        middle = low + length // 4 * 2
        for at in range(middle - 1, middle + 2):
            random ^= random << 13 & _WORD
            random ^= random >> 7
            random ^= random << 17 & _WORD
            other = random & mask
            self.swap(at, low + (other - length if other >= length else other))

    def choose_pivot(self, low: int, high: int) -> tuple[int, int]:
        length = high - low
        swaps = 0

        def median(a: int, b: int, c: int) -> int:
            nonlocal swaps
            if self.less(b, a):
                swaps += 1
                a, b = b, a
            if self.less(c, b):
                swaps += 1
                b, c = c, b
            if self.less(b, a):
                swaps += 1
                a, b = b, a
            return b

        i, j, k = (low + length // 4 * quarter for quarter in (1, 2, 3))
        if length >= _NINTHER:
            i, j, k = (median(at - 1, at, at + 1) for at in (i, j, k))
        return median(i, j, k), swaps
