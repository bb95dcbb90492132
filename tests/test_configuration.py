"""Configuration files: what is read, what holds where, what is wrong, and what README.md says of all that."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import readme_blocks
from hypothesis import given
from hypothesis import strategies as st

import gradlint
from gradlint import cli, lint
from gradlint.config import NoProgress, Settings, UsageError
from gradlint.configuration import keys
from gradlint.configuration.document import parse, tomllib
from gradlint.configuration.nearest import Configurations
from gradlint.configuration.patterns import EXCLUDED, Patterns
from gradlint.finding import Confidence, Severity
from gradlint.rule import known_rules

README = readme_blocks.README.read_text(encoding="utf-8")
SOURCES = Path(gradlint.__file__).parents[1]
HIGH = """\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam({rate}), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def found(*paths: str, **given: object) -> list[str]:
    """Codes with their places."""
    report = lint.run(Settings(paths=paths or (".",), jobs=1, **given), NoProgress())  # type: ignore[arg-type]
    assert not report.problems
    return [f"{finding.span.path}:{finding.span.line} {finding.code}" for finding in report.findings]


def complaint(*arguments: str) -> str:
    with pytest.raises(UsageError) as caught:
        Configurations(Settings(config=arguments)).of("train.py")
    return str(caught.value)


def block(name: str) -> str:
    return readme_blocks.block(README, f"configuration: {name}")


# -- README.md ------------------------------------------------------------------------------------------------------------


def test_every_example_of_the_section_is_run_here() -> None:
    section = README.split("\n## Configuration\n")[1].split("\n## ")[0]
    names = re.findall(r"<!-- configuration: ([\w-]+) -->\n```", section)
    used = re.findall(r'(?:block|readme)\("([\w-]+)"\)', Path(__file__).read_text(encoding="utf-8"))
    assert set(names) <= set(used)
    # the complaint stands behind the mistake
    assert len(re.findall(r"^```\w+$", section, re.MULTILINE)) == len(names) + 1


def test_the_whole_example_holds_every_key(here: Path) -> None:
    text = block("whole")
    write("pyproject.toml", text)
    policy = Configurations(Settings()).of("train.py")
    table = tomllib.loads(text.replace("# target-keras", "target-keras"))["tool"]["gradlint"]
    assert set(table) == set(keys.KEYS) - {"exclude", "plugins", "vocabulary"}
    assert policy.codes_of("src/a.py") == {
        rule.code for rule in known_rules() if rule.code[:3] in ("GL1", "GL2") or rule.code in ("GL301", "GL401")
    } - {"GL202"}
    assert not policy.codes_of("tests/test_a.py")
    assert not policy.codes_of("src/tests/deep/a.py")
    assert "GL101" not in policy.codes_of("notebooks/a.ipynb")
    assert "GL102" in policy.codes_of("notebooks/a.ipynb")
    assert "GL101" in policy.codes_of("notebooks/deep/a.ipynb")
    assert policy.told.max_learning_rate == {"Adam": 0.003, "SGD": 0.1}
    assert (policy.told.tensorflow, policy.told.keras) == ("2.15", None)
    assert policy.fail_on is Severity.WARNING
    assert policy.least_confidence is Confidence.MEDIUM
    assert policy.excludes(str(here / "a" / "third_party"), directory=True)
    assert policy.excludes(str(here / "a" / "x_pb2.py"), directory=False)
    assert policy.excludes(str(here / ".venv"), directory=True)
    assert not policy.excludes(str(here / "a" / "x.py"), directory=False)


def test_all_keys_are_in_the_readme() -> None:
    section = README.split("\n## Configuration\n")[1].split("\n## ")[0]
    assert not [key for key in keys.KEYS if key not in section]


def test_shown_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "pyproject.toml",
        '[tool.gradlint]\nignore = ["missing-nan-check"]\nextend-exclude = ["third_party/"]\n'
        "max-learning-rate.adam = 3e-3\n",
    )
    write("src/train.py", "")
    command, *printed = block("shown").splitlines()
    assert cli.run(command.split()[2:]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r'(\["\.bzr").*("venv"\])', r"\1, ..., \2", line) for line in lines] == printed


def test_the_mistake_is_told_as_the_readme_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", block("mistakes"))
    assert cli.run(["."]) == 2
    assert capsys.readouterr().err.strip() in README


def test_the_vocabulary_makes_the_program_understood(here: Path) -> None:
    write("train.py", block("vocabulary-program"))
    assert found(pedantic=True) == ["train.py:9 GL301", "train.py:12 GL603", "train.py:14 GL401"]
    write("pyproject.toml", block("vocabulary"))
    assert found(pedantic=True) == []
    (program,) = lint.facts(Settings(jobs=1), NoProgress())["programs"]
    assert "acme.optim.WarmAdam" in json.dumps(program)


# -- which file holds -----------------------------------------------------------------------------------------------------


def test_the_nearest_file_holds(here: Path) -> None:
    write("pyproject.toml", '[tool.gradlint]\nignore = ["GL201"]\n')
    write("a/train.py", HIGH.format(rate=0.1))
    write("b/pyproject.toml", '[tool.gradlint]\nmin-confidence = "low"\n')
    write("b/deep/train.py", HIGH.format(rate=0.1))
    write("c/pyproject.toml", "[project]\nname = 'gradlint-user'\n")
    write("c/train.py", HIGH.format(rate=0.1))
    assert found(select=()) == ["b/deep/train.py:4 GL201"]
    assert found(isolated=True) == [f"{folder}/train.py:4 GL201" for folder in ("a", "b/deep", "c")]


def test_gradlint_toml_wins(here: Path) -> None:
    write("pyproject.toml", '[tool.gradlint]\nselect = ["GL201"]\nnonsense = 3\n')
    write("gradlint.toml", 'ignore = ["high-learning-rate"]\n')
    write("train.py", HIGH.format(rate=0.1))
    assert found() == []


def test_a_pyproject_without_us_may_be_broken(here: Path) -> None:
    write("pyproject.toml", "[tool\n")
    write("train.py", HIGH.format(rate=0.1))
    assert found() == ["train.py:4 GL201"]


def test_a_named_file_holds_for_everything(here: Path) -> None:
    write("gradlint.toml", "nonsense = 1\n")
    write("conf/ci.toml", 'extend-exclude = ["/b/"]\nignore = ["GL1"]\n')
    write("a/train.py", HIGH.format(rate=0.1))
    write("b/train.py", HIGH.format(rate=0.1))
    assert found(config=("conf/ci.toml",)) == ["a/train.py:4 GL201"]
    assert complaint("conf/ci.toml", "a.toml") == "--config: one file is enough, and conf/ci.toml and a.toml are given"
    assert complaint("conf/no.toml") == "conf/no.toml: No such file or directory"
    write("conf/pyproject.toml", "[project]\n")
    assert complaint("conf/pyproject.toml") == "--config: conf/pyproject.toml has no table [tool.gradlint]"
    with pytest.raises(UsageError, match="--isolated"):
        Configurations(Settings(config=("conf/ci.toml",), isolated=True)).of("x.py")


def test_the_command_line_wins(here: Path) -> None:
    write(
        "gradlint.toml",
        'select = ["GL201"]\nignore = ["GL1"]\nfail-on = "error"\ntarget-keras = "2"\npedantic = true\n'
        'min-confidence = "high"\nmax-learning-rate = { adam = 1e-5, sgd = 0.1 }\n',
    )
    assert Configurations(Settings()).of("x.py").codes == {"GL201"}
    assert Configurations(Settings(ignore=("GL2",))).of("x.py").codes == set()
    assert Configurations(Settings(extend_select=("GL101",))).of("x.py").codes == {"GL101", "GL201"}
    assert "GL101" in Configurations(Settings(select=("GL1",))).of("x.py").codes
    assert "GL201" not in Configurations(Settings(select=("GL1",))).of("x.py").codes
    policy = Configurations(
        Settings(
            fail_on=Severity.INFO, target_tensorflow="2.4", min_confidence=Confidence.LOW,
            config=("max-learning-rate.adam = 0.5", "pedantic = false"),
        )
    ).of("x.py")  # fmt: skip
    assert (policy.fail_on, policy.least_confidence, policy.pedantic) == (Severity.INFO, Confidence.LOW, False)
    assert (policy.told.tensorflow, policy.told.keras) == ("2.4", None)
    assert policy.told.max_learning_rate == {"Adam": 0.5, "SGD": 0.1}
    assert Configurations(Settings()).of("x.py").least_confidence is Confidence.HIGH
    assert Configurations(Settings(pedantic=True)).of("x.py").least_confidence is Confidence.LOW
    assert Configurations(Settings(fail_on=Severity.WARNING, config=('fail-on = "info"',))).of("x").fail_on == 2


def test_nothing_selected_is_nothing(here: Path) -> None:
    write("gradlint.toml", "select = []\n")
    write("train.py", HIGH.format(rate=0.1))
    assert found() == []


def test_exit_codes_follow_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("train.py", HIGH.format(rate=0.1))
    assert cli.run(["."]) == 1
    write("gradlint.toml", 'fail-on = "error"\n')
    assert cli.run(["."]) == 0
    assert "GL201" in capsys.readouterr().out
    assert cli.run([".", "--fail-on", "warning"]) == 1
    write("gradlint.toml", 'per-file-ignores = { "train.py" = ["GL2"] }\n')
    assert cli.run(["."]) == 0


# -- thresholds and targets -----------------------------------------------------------------------------------------------


def test_a_told_limit_replaces_the_usual_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("train.py", HIGH.format(rate=0.005))
    assert found() == []
    write("gradlint.toml", "max-learning-rate.ADAM = 3e-3\n")
    assert found() == ["train.py:4 GL201"]
    assert cli.run(["."]) == 1
    out = capsys.readouterr().out
    assert "1.67 times what the configuration allows (0.003)" in out
    assert "start with 0.003 or less (the limit: max-learning-rate)" in out
    write("train.py", HIGH.format(rate=0.05))
    write("gradlint.toml", "max-learning-rate.adam = 1\n")
    assert found() == []


def test_the_target_is_that_of_the_file(here: Path) -> None:
    program = HIGH.replace("{rate}", "lr=0.001")
    write("old/train.py", program)
    write("old/gradlint.toml", 'target-tensorflow = "2.4"\n')
    write("new/train.py", program)
    assert found() == ["new/train.py:4 GL202"]
    assert found(target_keras="3") == ["new/train.py:4 GL202", "old/train.py:4 GL202"]


# -- excludes -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(here: Path) -> Callable[..., list[str]]:
    for name in ("a/train.py", "a/gen/x.py", "b/gen/y.py", ".venv/z.py", "b/a_pb2.py"):
        write(name, HIGH.format(rate=0.1))

    def listed(*arguments: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "gradlint", "--show-files", *arguments], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )  # fmt: skip
        return done.stdout.split()

    return listed


def test_excludes(tree: Callable[..., list[str]]) -> None:
    everything = ["a/gen/x.py", "a/train.py", "b/a_pb2.py", "b/gen/y.py"]
    assert tree() == everything
    assert tree("--extend-exclude", "gen/") == ["a/train.py", "b/a_pb2.py"]
    assert tree("--extend-exclude", "/a/gen") == ["a/train.py", "b/a_pb2.py", "b/gen/y.py"]
    assert tree("--extend-exclude", "*_pb2.py", "--extend-exclude", "gen") == ["a/train.py"]
    assert tree("--exclude", "a") == [".venv/z.py", "b/a_pb2.py", "b/gen/y.py"]
    write("gradlint.toml", 'extend-exclude = ["gen"]\n')
    assert tree() == ["a/train.py", "b/a_pb2.py"]
    assert tree("--exclude", "*_pb2.py") == [".venv/z.py", "a/train.py"]
    write("b/gradlint.toml", "")
    assert tree() == ["a/train.py", "b/a_pb2.py", "b/gen/y.py"], "each directory has its own"
    assert tree("a/gen", "a/gen/x.py") == ["a/gen/x.py"]


def test_patterns_of_the_command_line_are_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--extend-exclude", "a", "--extend-exclude", "!", "."]) == 2
    assert "'!' is no pattern as in .gitignore" in capsys.readouterr().err


def test_force_exclude(tree: Callable[..., list[str]]) -> None:
    write("gradlint.toml", 'extend-exclude = ["gen"]\n')
    named = ("a/gen/x.py", ".venv/z.py", "a/train.py")
    assert tree(*named) == sorted(named)
    assert tree("--force-exclude", *named) == ["a/train.py"]
    write("gradlint.toml", "force-exclude = true\n")
    assert tree(*named) == ["a/gen/x.py", "a/train.py"]


@pytest.mark.parametrize("name", EXCLUDED)
def test_default_excludes_cover_what_is_in_them(name: str) -> None:
    assert Patterns("/x", EXCLUDED).covers(f"/x/{name}/deep/a.py")
    assert not Patterns("/x", EXCLUDED).covers(f"/x/a{name}/deep/a.py")


# -- standard input -------------------------------------------------------------------------------------------------------


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, HIGH.format(rate=0.1))
    assert cli.run(["-"]) == 1
    out = capsys.readouterr().out
    assert "--> -:4:" in out
    assert "4 | model.compile" in out
    write("rates.py", "RATE = 0.1\n")
    typed(monkeypatch, "from rates import RATE\n" + HIGH.format(rate="RATE"))
    assert cli.run(["-", "--stdin-filename", "src/../train.py", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("train.py:5:")
    typed(monkeypatch, "def broken(:\n")
    assert cli.run(["-"]) == 1
    assert " --> -:1\n" in capsys.readouterr().out


def test_standard_input_has_the_settings_of_its_name(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a/gradlint.toml", 'per-file-ignores = { "skip.py" = ["ALL"] }\nextend-exclude = ["gen"]\n')
    for name, arguments, code in (
        ("a/train.py", [], 1),
        ("a/skip.py", [], 0),
        ("a/gen/x.py", [], 1),
        ("a/gen/x.py", ["--force-exclude"], 0),
    ):
        typed(monkeypatch, HIGH.format(rate=0.1))
        assert cli.run(["-", "--stdin-filename", name, *arguments]) == code, (name, arguments)
    assert cli.run(["--show-settings", "-", "--stdin-filename", "a/x.py"]) == 0
    assert "# a/x.py is governed by a/gradlint.toml" in capsys.readouterr().out


def test_standard_input_is_checked_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["-", "train.py"]) == 2
    assert "-: standard input is checked alone" in capsys.readouterr().err
    assert cli.run(["--stdin-filename", "train.py"]) == 2
    assert "--stdin-filename: no path is -" in capsys.readouterr().err


# -- mistakes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nselct = ['GL1']", "2: selct: no such key: did you mean select?"),
        ("zzzzz = 1", "1: zzzzz: no such key"),
        ("select = 'GL1'", "1: select: a list of strings is wanted, and this is a string ('GL1')"),
        ("select = ['GL1', 3]", "1: select: a list of strings is wanted, and this is a list with a number (3)"),
        ("ignore = [\n  'GL1',\n  # GL99\n  'GL99',\n]", "4: ignore: no rule is called 'GL99'"),
        ("[per-file-ignores]\n'a.py' = ['GL1']\n\"b c.py\" = ['x']", "3: per-file-ignores.\"b c.py\": no rule is called 'x'"),
        ("per-file-ignores = ['a']", "1: per-file-ignores: a table is wanted, and this is a list"),
        ("fail-on = 'eror'", "1: fail-on: 'eror' is none of info, warning, error: did you mean error?"),
        ("min-confidence = 1", "1: min-confidence: a string is wanted, and this is a number (1)"),
        ("pedantic = 'yes'", "1: pedantic: true or false is wanted, and this is a string ('yes')"),
        ("target-keras = 'three'", "1: target-keras: 'three' is no version: write 2, 2.15 or 2.15.1"),
        ("target-keras = 2", "1: target-keras: a string is wanted, and this is a number (2)"),
        ("max-learning-rate.adan = 1", "1: max-learning-rate.adan: no optimizer is called 'adan': did you mean adam?"),
        ("\nmax-learning-rate = { sgd = 1, adam = -1 }", "2: max-learning-rate.adam: a learning rate is a number above 0"),
        ("max-learning-rate.adam = nan", "1: max-learning-rate.adam: a learning rate is a number above 0, and this is nan"),
        ("max-learning-rate.adam = true", "1: max-learning-rate.adam: a number is wanted, and this is a boolean (True)"),
        ("max-learning-rate = 3", "1: max-learning-rate: a table is wanted, and this is a number (3)"),
        ("extend-exclude = ['a', '!']", "1: extend-exclude: '!' is no pattern as in .gitignore"),
        ("[vocabulary]\nclip-function = []", "2: vocabulary.clip-function: no such key: did you mean clip-functions?"),
        ("[vocabulary]\nclip-functions = ['clip']", "2: vocabulary.clip-functions: 'clip' is no dotted name"),
        ("[vocabulary]\nclip-functions = [{ returns = 'pair' }]", "2: vocabulary.clip-functions: an entry without a name"),
        ("[vocabulary]\nclip-functions = [{ name = 'a.b', returns = 'pear' }]", "2: vocabulary.clip-functions.returns: 'pear'"),
        ("[vocabulary]\nfinite-checks = [{ name = 'a.b', return = 'pair' }]", "2: vocabulary.finite-checks.return: no such"),
        ("[vocabulary.optimizers]\n'a.B' = 'Adom'", "2: vocabulary.optimizers.\"a.B\": Keras has no optimizer 'Adom'"),
        ("[vocabulary.optimizers]\n'a.B' = {}", "2: vocabulary.optimizers.\"a.B\": either like ="),
        ("[vocabulary.optimizers]\n'a.B' = { like = 'adam', wraps = true }", "2: vocabulary.optimizers.\"a.B\": either like"),
        ("a = 1\nb = \n", "2: not valid TOML: invalid value"),
        ("a = 'x", "1: not valid TOML"),
        ("[tool.gradlint]\nselect = []", "1: the keys stand without tool.gradlint in front here"),
        ("select = 1979-05-27", "1: select: a list of strings is wanted, and this is a date or time"),
    ],
)  # fmt: skip
def test_mistakes(here: Path, text: str, message: str) -> None:
    write("gradlint.toml", text)
    with pytest.raises(UsageError) as caught:
        Configurations(Settings()).of("train.py")
    assert str(caught.value).startswith(f"gradlint.toml:{message}")


def test_mistakes_of_settings_on_the_command_line(here: Path) -> None:
    assert complaint("selct = []") == "--config 'selct = []': selct: no such key: did you mean select?"
    assert complaint("fail-on = error").startswith("--config 'fail-on = error':1: not valid TOML")
    assert complaint('ignore = ["GL99"]').startswith("--config 'ignore = [\"GL99\"]': ignore: no rule is called 'GL99'")


def test_a_mistake_anywhere_stops_the_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("a/train.py", HIGH.format(rate=0.1))
    write("b/gradlint.toml", "x = 1\n")
    write("b/train.py", HIGH.format(rate=0.1))
    assert cli.run(["."]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err == "gradlint: error: b/gradlint.toml:1: x: no such key\n"


def test_hostile_files(here: Path) -> None:
    for data, message in (
        (b"select = ['\xff']", "gradlint.toml:1: not valid TOML: not UTF-8"),
        (b"a = " + b"[" * 5000, "not valid TOML"),
        (b"a = " + b"1" * 5000, "gradlint.toml"),
        (b"#" * 1_000_001, "gradlint.toml: larger than 1 MB"),
    ):
        Path("gradlint.toml").write_bytes(data)
        with pytest.raises(UsageError, match=re.escape(message)):
            Configurations(Settings()).of("train.py")
    Path("gradlint.toml").unlink()
    os.mkfifo("gradlint.toml")
    assert Configurations(Settings()).of("train.py").name is None
    with pytest.raises(UsageError, match="not a regular file"):
        Configurations(Settings(config=("gradlint.toml",))).of("train.py")


def test_windows_files(here: Path) -> None:
    Path("gradlint.toml").write_bytes(b"\xef\xbb\xbf# x\r\nselect = ['GL1']\r\nx = 1\r\n")
    with pytest.raises(UsageError, match=r"gradlint\.toml:3: x: no such key"):
        Configurations(Settings()).of("train.py")


def test_no_code_is_loaded(here: Path) -> None:
    write("acme/__init__.py", "open('SPRUNG', 'w')\n")
    write("acme/training.py", "open('SPRUNG', 'w')\n")
    write("train.py", block("vocabulary-program"))
    write("pyproject.toml", block("vocabulary"))
    assert cli.run(["."]) in (0, 1)
    assert not Path("SPRUNG").exists()


# -- what is shown is what holds ------------------------------------------------------------------------------------------

SELECTORS = st.lists(st.sampled_from(["ALL", "GL1", "GL2", "GL201", "raw-rewards", "GL401"]), max_size=3)
NAMES = st.sampled_from(["acme.a", "acme.b.C", "x.y.z"])
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "select": SELECTORS,
        "extend-select": SELECTORS,
        "ignore": SELECTORS,
        "per-file-ignores": st.dictionaries(
            st.sampled_from(["a b.py", "tests/", "x'\"\\.py", "ü"]), SELECTORS, max_size=2
        ),
        "exclude": st.lists(st.sampled_from(["a/", "*.py", "!x", "ü\t"]), max_size=2),
        "extend-exclude": st.lists(st.sampled_from(["a/", "b"]), max_size=2),
        "force-exclude": st.booleans(),
        "pedantic": st.booleans(),
        "min-confidence": st.sampled_from(["low", "medium", "high"]),
        "fail-on": st.sampled_from(["info", "warning", "error"]),
        "target-keras": st.just("2.15"),
        "max-learning-rate": st.dictionaries(st.sampled_from(["adam", "sgd"]), st.floats(1e-9, 10), max_size=2),
        "vocabulary": st.fixed_dictionaries(
            {},
            optional={
                "clip-functions": st.lists(
                    NAMES | st.fixed_dictionaries({"name": NAMES, "returns": st.just("pair")}), max_size=2
                ),
                "reward-normalisers": st.lists(NAMES, max_size=2),
                "finite-checks": st.lists(
                    NAMES | st.fixed_dictionaries({"name": NAMES, "returns": st.just("callback")}), max_size=2
                ),
                "optimizers": st.dictionaries(
                    NAMES,
                    st.sampled_from(["Adam", {"like": "SGD", "clips": True}, {"wraps": True, "clips": False}]),
                    max_size=2,
                ),
            },
        ),
    },
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(inner)}" for key, inner in value.items())
            + " }"
        )
    if isinstance(value, list):
        return "[\n" + "".join(f"    {toml(each)},\n" for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@given(TABLES)
def test_shown_settings_are_a_configuration_that_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, object]
) -> None:
    from gradlint.configuration.show import render

    root = tmp_path_factory.mktemp("shown")
    file = root / "gradlint.toml"
    file.write_text("".join(f"{key} = {toml(value)}\n" for key, value in table.items()), encoding="utf-8")
    first = Configurations(Settings()).of(str(root / "x.py"))
    file.write_text(render("x.py", first), encoding="utf-8")
    second = Configurations(Settings()).of(str(root / "x.py"))
    assert first.codes == second.codes
    assert first.per_file == second.per_file
    assert [each.lines for each in first.excluded] == [each.lines for each in second.excluded]
    assert first.told == second.told
    assert (first.fail_on, first.least_confidence, first.pedantic) == (
        second.fail_on,
        second.least_confidence,
        second.pedantic,
    )


@given(TABLES, st.sampled_from(["", "[tool.gradlint]\n"]), st.integers(0, 3))
def test_lines_of_keys(table: dict[str, object], head: str, blank: int) -> None:
    rows = [f"{key} = {toml(value)} # x = 1" for key, value in table.items()]
    text = "# a = [\n" * blank + head + "\n".join(rows) + "\n"
    _, lines, _ = parse("x.toml", text)
    prefix = ("tool", "gradlint") if head else ()
    for key in table:
        (wanted,) = (number for number, line in enumerate(text.split("\n"), 1) if line.startswith(f"{key} ="))
        assert lines[(*prefix, key)] == wanted
