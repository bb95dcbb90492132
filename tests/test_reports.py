"""Every output format, on reports made by hand."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from samples import FULL, LIBRARY, RATE, TRAIN, UNCLIPPED, Library, finding
from schemas import check_schema

from gradlint.finding import Coverage, Evidence, ProbeSummary, Problem, Related, Report, Severity, Span, Verdict
from gradlint.report import FORMATS, View, facts, render
from gradlint.report.escape import visible
from gradlint.report.github import escape_data, escape_property
from gradlint.report.json_ import schema
from gradlint.report.summary import statistics, summary

ANSI = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "[bold red]x[/] \x1b[31mred\x07 \u202edesrever\u2066 \x9b1m % , :: \r\n::error::boo 学习率"


def full(report: Report, width: int = 80, color: bool = False, library: Library = LIBRARY) -> str:
    return render("full", report, View(library, width, color))


def test_full_at_80_columns() -> None:
    assert full(Report(findings=(RATE,), files=2)) == (
        """\
GL201 [high-learning-rate] warning: Adam starts at a learning rate of 0.1, far
    above the 0.01 where it begins to diverge
 --> train.py:6:38
  |
5 | model = tf.keras.Sequential([tf.keras.layers.LSTM(32), tf.keras.layers.De...
6 | optimizer = tf.keras.optimizers.Adam(learning_rate=RATE)
  |                                      ^^^^^^^^^^^^^^^^^^
  |
  = config.py:1: the learning rate is written here
        RATE = 0.1
help: start at 1e-3 and raise it only while the loss falls

Found 1 warning in 2 files.
"""
    )


def test_full_summary_names_what_was_not_shown() -> None:
    text = full(FULL)
    assert text.endswith(
        """\
error: not Python 3: Missing parentheses in call to 'print'
 --> old.py:3

Found 2 warnings in 40 files (12 more hold no training code); 1 problem kept
    code from being checked.
Not shown: 1 GL110, 2 GL401 (--pedantic shows them).
Suppressed by comments: 1 GL302.
Understood 38 of 40 update sites; optimizer resolved at 30 of 33 (`gradlint
    facts` says what is missing).
"""
    )
    assert "note: confidence is medium" in text


def test_clean_run_is_one_line() -> None:
    assert full(Report(files=3)) == "No findings in 3 files.\n"
    assert "Nothing to check" in full(Report())


def test_full_quotes_the_cell_of_a_notebook() -> None:
    found = finding(span=Span("nb.ipynb", 2, 22, 2, 26, cell=3))
    text = full(Report(findings=(found,), files=1))
    assert "--> nb.ipynb:cell 3:2:22" in text
    assert "2 | keras.optimizers.SGD(lr=1)\n  |                      ^^^^\n" in text


def test_colour_changes_nothing_but_colour() -> None:
    for width in (80, 120):
        plain, colored = full(FULL, width), full(FULL, width, color=True)
        assert "\x1b[1;33m" in colored
        assert ANSI.sub("", colored) == plain


def test_environment_does_not_change_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = full(FULL, color=True)
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "20", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert full(FULL, color=True) == before


def caret_text(text: str) -> str:
    """What of the source stands above the carets, by display columns."""
    lines = text.split("\n")
    index = next(number for number, line in enumerate(lines) if re.fullmatch(r" *\| +\^+", line))
    begin, end = lines[index].index("^"), len(lines[index])
    column, marked = 0, ""
    for character in lines[index - 1]:
        if begin <= column < end:
            marked += character
        column += cell_len(character)
    return marked


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "before", ["", "    ", "\t", "x = '学习率', ", "\t'é́', ", "x" * 200 + " + ", "a, " * 70, "'\x1b[31m', "]
)
@pytest.mark.parametrize("after", ["", "  # 学习率", ", " + "b" * 300])
def test_carets_stand_under_the_span(width: int, before: str, after: str) -> None:
    line = f"{before}clip(率=0.1){after}"
    begin = len(before) + 1
    span = Span("a.py", 1, begin, 1, begin + len("clip(率=0.1)"))
    text = full(Report(findings=(finding(span=span),)), width, library=Library({"a.py": line}))
    assert caret_text(text) == "clip(率=0.1)"
    assert all(cell_len(row) <= width for row in text.split("\n"))


def test_a_line_of_megabytes_costs_nothing() -> None:
    line = "x, " * 1_000_000 + "clip(0.1)" + ", y" * 600_000
    span = Span("a.py", 1, 3_000_001, 1, 3_000_010)
    related = (Related(Span("a.py", 1, 3_000_001, 1, 3_000_010), "here"),)
    begin = time.perf_counter()
    text = full(Report(findings=(finding(span=span, related=related),)), library=Library({"a.py": line}))
    assert time.perf_counter() - begin < 1
    assert caret_text(text) == "clip(0.1)"
    assert text.count("clip(0.1)") == 2


def test_span_of_several_lines_is_marked_line_by_line() -> None:
    source = "f(\n    a,\n    b\n)\n"
    span = Span("a.py", 1, 1, 4, 2)
    rows = full(Report(findings=(finding(span=span),)), library=Library({"a.py": source})).split("\n")
    assert [row for row in rows if row.endswith("^")] == ["  | ^^", "  |     ^^", "  |     ^", "  | ^"]


@pytest.mark.parametrize("line", [0, 99])
def test_lines_that_are_gone_cost_only_the_frame(line: int) -> None:
    found = finding(span=Span("train.py", line, 1, line, 5), related=(Related(Span("gone.py", 1, 1, 1, 2), "here"),))
    assert f"--> train.py:{line}:1" in full(Report(findings=(found,)))


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60), st.text(max_size=200), st.integers(1, 210), st.integers(1, 210), st.sampled_from([80, 120])
)
def test_nothing_hostile_reaches_the_terminal(message: str, line: str, begin: int, end: int, width: int) -> None:
    line = line.replace("\n", " ")
    span = Span(message, 1, begin, 1, end)
    report = Report(
        findings=(replace(finding(span=span, message=message), related=(Related(span, message),), help=message),),
        problems=(Problem(message, 1, message),),
    )
    text = full(report, width, library=Library({message: line}))
    assert all(character == "\n" or character.isprintable() for character in text)
    assert all(row == row.rstrip() for row in text.split("\n"))
    colored = full(report, width, color=True, library=Library({message: line}))
    assert ANSI.sub("", colored) == text


@pytest.mark.parametrize("name", FORMATS)
def test_quoted_text_is_harmless_in_every_format(name: str) -> None:
    span = Span(HOSTILE, 1, 1, 1, 3)
    found = replace(finding(span=span, message=HOSTILE), related=(Related(span, HOSTILE),), help=HOSTILE)
    text = render(name, Report(findings=(found,), problems=(Problem(HOSTILE, 1, HOSTILE),)), View(LIBRARY))
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert "[bold red]x[/]" in text
    if name == "github":
        assert len(text.splitlines()) == 2


@settings(deadline=None)
@given(st.text())
def test_visible_text_is_printable_and_leaves_printable_text_alone(text: str) -> None:
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


def test_concise() -> None:
    assert render("concise", FULL, View()) == (
        "old.py:3: error: not Python 3: Missing parentheses in call to 'print'\n"
        f"train.py:6:38: GL201 [high-learning-rate] {RATE.message}\n"
        f"train.py:14:5: GL101 [unclipped-gradients] {UNCLIPPED.message}\n"
    )


def test_github() -> None:
    lines = render("github", FULL, View()).splitlines()
    assert lines[0] == (
        "::error file=old.py,line=3,title=gradlint::old.py:3: not Python 3: Missing parentheses in call to 'print'"
    )
    assert lines[1] == (
        "::warning file=train.py,line=6,endLine=6,col=38,endColumn=56,title=GL201 high-learning-rate::"
        f"train.py:6:38: {RATE.message}%0Aconfig.py:1: the learning rate is written here"
        "%0Ahelp: start at 1e-3 and raise it only while the loss falls"
    )
    wide = render("github", Report(findings=(finding(span=Span("a,b:c%.py", 1, 2, 3, 4)),)), View())
    assert wide.startswith("::warning file=a%2Cb%3Ac%25.py,line=1,endLine=3,title=")
    noted = render("github", Report(findings=(finding(severity=Severity.INFO),)), View())
    assert noted.startswith("::notice ")


@settings(deadline=None)
@given(st.text())
def test_github_escapes_are_reversible(text: str) -> None:
    def undo(escaped: str) -> str:
        for code, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            escaped = escaped.replace(code, plain)
        return escaped

    assert undo(escape_data(text)) == text or "%3A" in text or "%2C" in text
    assert undo(escape_property(text)) == text
    assert not set("\r\n:,") & set(escape_property(text))
    assert not set("\r\n") & set(escape_data(text))


def test_json_is_as_its_schema_says() -> None:
    seen = (Evidence("the loss is NaN", "loss", float("nan"), 5.0), Evidence("nothing stopped it"))
    cell = replace(finding(span=Span("nb.ipynb", 2, 1, 2, 5, cell=3)), verdict=Verdict.CONFIRMED, evidence=seen)
    report = replace(FULL, findings=(*FULL.findings, replace(cell, related=(Related(cell.span, "x"),))))
    probed = replace(report, probe=ProbeSummary("nb.ipynb", "confirmed", "the loss is NaN"))
    check_schema(json.loads(render("json", probed, View())), json.loads(schema()), json.loads(schema()))
    document = json.loads(render("json", report, View()))
    spec = json.loads(schema())
    check_schema(document, spec, spec)
    assert set(document) == {"version", "findings", "errors", "summary"}
    assert " ".join(document["findings"][0]) == (
        "code name severity confidence verdict message path line column end_line end_column related help"
    )
    assert document["findings"][0]["related"] == [
        {"path": "config.py", "line": 1, "message": "the learning rate is written here"}
    ]
    assert document["errors"] == [
        {"path": "old.py", "line": 3, "message": "not Python 3: Missing parentheses in call to 'print'"}
    ]
    assert document["summary"]["not_shown"] == {"GL110": 1, "GL401": 2}
    assert document["findings"][2]["cell"] == 3


def test_every_format_shows_the_verdict_of_a_run() -> None:
    seen = replace(RATE, verdict=Verdict.CONFIRMED, evidence=(Evidence("the loss grows 37 times in 5 steps"),))
    report = Report(findings=(seen,), probe=ProbeSummary("train.py", "confirmed", "the loss grows"))
    assert "probe: confirmed: the loss grows 37 times in 5 steps\n" in full(report)
    assert "Probe of train.py: confirmed: the loss grows.\n" in full(report)
    assert render("concise", report, View()).endswith(" (confirmed)\n")
    assert "probe: confirmed: the loss grows 37 times" in render("github", report, View())


def test_json_of_an_empty_report_is_as_its_schema_says() -> None:
    spec = json.loads(schema())
    check_schema(json.loads(render("json", Report(), View())), spec, spec)


@pytest.mark.parametrize("name", FORMATS)
def test_no_trailing_spaces_and_the_same_twice(name: str) -> None:
    first = render(name, FULL, View(LIBRARY, 80))
    assert first == render(name, FULL, View(LIBRARY, 80))
    assert all(line == line.rstrip() for line in first.split("\n"))
    assert first.endswith("\n")


def test_statistics() -> None:
    assert statistics(FULL) == (
        "shown  not shown  suppressed  rule\n"
        "    1          0           0  GL101 [unclipped-gradients]\n"
        "    1          0           0  GL201 [high-learning-rate]\n"
        "    0          2           0  GL401 [some-rule]\n"
        "    0          1           0  GL110 [some-rule]\n"
        "    0          0           1  GL302 [some-rule]\n"
    )
    assert statistics(Report()) == ""


def test_summary_tells_how_to_see_what_pedantic_does_not_show() -> None:
    hidden = Report(hidden=(finding(),), files=1)
    assert summary(hidden, pedantic=True)[1] == "Not shown: 1 GL201 (--min-confidence low shows them)."
    whole = Report(files=1, coverage=Coverage(1, 1, 0, 1, 1))
    assert summary(whole, pedantic=False)[1] == "Understood 1 of 1 update site; optimizer resolved at 1 of 1."


def test_internal_problem_asks_for_a_report() -> None:
    text = full(Report(problems=(Problem("a.py", 1, "GL201 failed: KeyError: 'x'", internal=True),)))
    assert "internal error: GL201 failed" in text
    assert "please report it" in text


FACTS: facts.Facts = {
    "version": 1,
    "programs": [
        {
            "root": "train.py",
            "path": "train.py",
            "context": {
                "recurrent": [{"path": "train.py", "line": 5, "column": 30, "note": "an LSTM layer"}],
                "reinforcement": [],
            },
            "optimizers": [
                {
                    "name": "Adam", "constructor": "keras.optimizers.Adam", "flavour": "keras3", "learning_rate": "0.1",
                    "path": "train.py", "line": 6, "column": 13, "clips": "never",
                }
            ],
            "updates": [
                {
                    "method": "apply_gradients", "path": "train.py", "line": 14, "column": 5, "optimizers": ["Adam"],
                    "optimizer_unknown": None, "gradients_unknown": None, "clipping": "never", "finite_check": "never",
                    "gradients": [{"path": "train.py", "line": 13, "column": 17, "note": "tape.gradient"}],
                }
            ],
            "clips": [],
            "rewards": [],
            "checks": [],
            "unfollowed": [{"path": "train.py", "line": 1, "column": 1, "what": "\x1b[1m", "reason": "computed name"}],
        }
    ],
    "sites": [
        {"path": "train.py", "line": 14, "kind": "apply_gradients", "status": "understood", "reason": None},
        {"path": "b.py", "line": 4, "kind": "minimize", "status": "explained", "reason": "the loss is a parameter"},
    ],
    "coverage": {"sites": 2, "understood": 1, "explained": 1, "optimizers_expected": 1, "optimizers_resolved": 1},
    "errors": [{"path": "c.py", "line": 2, "message": "not Python"}],
}  # fmt: skip


def test_facts() -> None:
    assert json.loads(facts.render_json(FACTS)) == FACTS
    assert facts.render_text(FACTS) == (
        """\
train.py
  recurrent
    train.py:5:30  an LSTM layer
  optimizers
    train.py:6:13  Adam (keras.optimizers.Adam, keras3), learning rate 0.1, clips: never
  updates
    train.py:14:5  apply_gradients, optimizer Adam
      gradients train.py:13:17  tape.gradient
      clipped: never, checked for NaN before: never
  not followed
    train.py:1:1  \\x1b[1m: computed name

update sites that were not understood
  b.py:4  minimize: the loss is a parameter

1 program; understood 1 of 2 update sites, explained 1; optimizer resolved at 1 of 1
error: c.py:2: not Python
"""
    )


def test_the_sample_is_what_the_spans_say() -> None:
    lines = TRAIN.split("\n")
    assert lines[5][37:55] == "learning_rate=RATE"
