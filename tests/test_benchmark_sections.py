"""benchmarks/results.md: each program writes its own section and destroys no other; `make bench` runs every one of them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
PAGE = (BENCHMARKS / "results.md").read_text()
# The name of a section, by the program that writes it.
WRITTEN = {
    name: path.name
    for path in sorted(BENCHMARKS.glob("*.py"))
    for name in re.findall(r'sections\.write\("([^"]+)"', path.read_text())
}


def _sections() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_sections", BENCHMARKS / "sections.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sections = _sections()


def parts(text: str) -> dict[str, str]:
    """The sections of a page, whole, by their names in their order."""
    return {
        found[1]: found[0]
        for found in re.finditer(r"<!-- ([a-z ]+) -->\n.*?\n<!-- end of \1 -->", text, re.S)
    }


@pytest.mark.parametrize("name", WRITTEN)
def test_a_section_is_written_and_the_others_stay(name: str, tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text(PAGE)
    for turn in ("first", "second"):
        sections.write(name, f"Of {name}", "Measured now.", ["a line", "", f"the {turn}"], page)
        there = parts(page.read_text())
        wanted = (
            f"<!-- {name} -->\n## Of {name}\n\nMeasured now.\n\na line\n\nthe {turn}\n<!-- end of {name} -->"
        )
        assert there == {**parts(PAGE), name: wanted}
        assert list(there) == list(dict.fromkeys([*parts(PAGE), name]))
        assert page.read_text().endswith("\n") and "\n\n\n" not in page.read_text()


def test_a_page_is_begun_and_one_whose_marks_are_no_pair_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    sections.write("a", "A", "Measured now.", ["1"], page)
    assert page.read_text() == "# Results\n\n<!-- a -->\n## A\n\nMeasured now.\n\n1\n<!-- end of a -->\n"
    for odd in (
        "<!-- a -->\nx\n",
        "x\n<!-- end of a -->\n",
        "<!-- end of a -->\n<!-- a -->\n",
        2 * page.read_text(),
    ):
        page.write_text(odd)
        with pytest.raises(ValueError, match="does not begin and end once"):
            sections.write("a", "A", "Measured now.", ["1"], page)
        assert page.read_text() == odd


def test_what_it_was_measured_beside_is_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections.os, "getloadavg", lambda: (0.123, 1.5, 9.0))
    monkeypatch.setattr(sections.os, "cpu_count", lambda: 2)
    told = sections.circumstances()
    assert re.fullmatch(
        r"Measured on \d{4}-\d\d-\d\d with 2 processors; the load of the machine when it began was"
        r" 0\.12 over one minute and 1\.50 over five\.",
        told,
    )


def test_every_section_has_its_program_and_make_bench_runs_it() -> None:
    assert set(parts(PAGE)) <= set(WRITTEN)
    assert PAGE.count("\n## ") == len(parts(PAGE)), "a heading outside the sections"
    run = set(re.findall(r"python benchmarks/(\w+\.py)", (ROOT / "Makefile").read_text()))
    assert run == set(WRITTEN.values())
