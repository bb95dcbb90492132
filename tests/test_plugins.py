"""Plugins: the example in fixtures/plugin, built and installed; and everything that can be wrong with one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gradlint import cli, lint, pages, plugins
from gradlint.config import NoProgress, Settings, UsageError
from gradlint.configuration.nearest import Configurations
from gradlint.rule import known_rules
from gradlint.testing import check_example, page_examples

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "fixtures" / "plugin"
PROGRAM = """import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam(1e-3, beta_2=0.5), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""
NAMED = 'plugins = ["short-memory"]\n'


def run(*command: str | Path, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with this gradlint, and with what is installed at `site`."""
    path = os.pathsep.join(map(str, filter(None, [ROOT / "src", site])))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


# -- the example, installed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that the plugin was built for and installed into, without any network."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(PLUGIN, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("--no-index", "--no-build-isolation", "--no-deps", "--target", folder / "site")
    done = run("-m", "pip", "install", "-q", *options, folder / "source", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "gradlint.toml").write_text(NAMED, encoding="utf-8")
    return tmp_path


def gradlint(project: Path, site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "gradlint", *arguments, cwd=project, site=site)


def test_its_findings_appear_in_all_formats(project: Path, site: Path) -> None:
    full = gradlint(project, site)
    assert full.returncode == 1, full.stderr
    assert "SM001 [low-beta-2] warning: beta_2 is 0.5" in full.stdout
    assert "--> train.py:4:63" in full.stdout
    concise = gradlint(project, site, "--output-format", "concise")
    assert concise.stdout.startswith("train.py:4:63: SM001 [low-beta-2]")
    assert "SM001" in gradlint(project, site, "--output-format", "github").stdout
    (finding,) = json.loads(gradlint(project, site, "--output-format", "json").stdout)["findings"]
    schema = json.loads((ROOT / "src/gradlint/report/schema.json").read_text(encoding="utf-8"))
    assert re.search(schema["$defs"]["finding"]["properties"]["code"]["pattern"], finding["code"])
    assert "SM001" in gradlint(project, site, "--statistics").stdout


def test_without_its_name_it_is_not_loaded(project: Path, site: Path) -> None:
    assert gradlint(project, site, "--isolated").returncode == 0
    (project / "gradlint.toml").unlink()
    assert gradlint(project, site).returncode == 0
    assert gradlint(project, site, "--config", NAMED).returncode == 1
    assert "SM001" not in gradlint(project, site, "rules").stdout


def test_its_rules_are_selected_configured_and_silenced_like_others(project: Path, site: Path) -> None:
    settings = project / "gradlint.toml"
    for wish in ('ignore = ["SM001"]', 'select = ["GL"]', 'per-file-ignores."train.py" = ["low-beta-2"]'):
        settings.write_text(NAMED + wish + "\n", encoding="utf-8")
        assert gradlint(project, site).returncode == 0, wish
    settings.write_text(NAMED + 'select = ["SM"]\nfail-on = "error"\n', encoding="utf-8")
    done = gradlint(project, site)
    assert (done.returncode, "SM001" in done.stdout) == (0, True)
    settings.write_text(NAMED, encoding="utf-8")
    assert gradlint(project, site, "--ignore", "SM").returncode == 0
    assert gradlint(project, site, "--select", "low-beta-2").returncode == 1
    for comment in ("# gradlint: ignore[low-beta-2] tried", "# gradlint: ignore[SM001]", "# noqa: SM001"):
        (project / "train.py").write_text(PROGRAM.replace('"mse")', f'"mse")  {comment}'), encoding="utf-8")
        done = gradlint(project, site)
        assert done.returncode == 0, done.stdout
    (project / "train.py").write_text(PROGRAM, encoding="utf-8")
    assert gradlint(project, site, "--add-ignore").returncode == 0
    assert "gradlint: ignore[low-beta-2]" in (project / "train.py").read_text(encoding="utf-8")
    assert gradlint(project, site).returncode == 0


def test_its_pages_are_shown(project: Path, site: Path) -> None:
    for label in ("SM001", "sm001", "low-beta-2"):
        done = gradlint(project, site, "explain", label)
        assert done.returncode == 0, done.stderr
        assert "the weight of a gradient in the average after n steps" in done.stdout
    assert "SM001  low-beta-2" in gradlint(project, site, "rules").stdout
    listed = json.loads(gradlint(project, site, "rules", "--format", "json").stdout)
    assert {each["code"]: each["plugin"] for each in listed}["SM001"] == "short-memory"
    shown = gradlint(project, site, "--show-settings").stdout
    assert 'plugins = ["short-memory"]  # gradlint.toml:1' in shown


def test_the_finding_of_a_plugin_is_held_against_a_run(project: Path, site: Path) -> None:
    """A probe knows of no way to settle it, and says so."""
    (project / "quiet.py").write_text("print()\n", encoding="utf-8")
    done = gradlint(project, site, "train.py", "--probe", "quiet.py", "--output-format", "json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["verdict"]) == ("SM001", "untested")


def test_its_own_test_passes(site: Path) -> None:
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=PLUGIN, site=site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("... ")


def test_the_helper_for_tests_needs_no_pytest(site: Path) -> None:
    code = (
        "import sys; import gradlint.testing as t; t.page_examples('short-memory'); assert 'pytest' not in sys.modules"
    )
    done = run("-c", code, cwd=site, site=site)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("adam", "found"),
    [
        ("tf.keras.optimizers.Adam(1e-3, beta_2=0.5)", True),
        ("tf.keras.optimizers.Adam(1e-3, 0.9, 0.5)", True),
        ("tf.compat.v1.train.AdamOptimizer(1e-3, beta2=0.5)", True),
        ("tf.compat.v1.train.AdamOptimizer(1e-3, 0.9, 0.5)", True),
        ("tf.keras.optimizers.Adam(1e-3, 0.5)", False),
        ("tf.keras.optimizers.Adam(1e-3, beta_2=0.9)", False),
        ("tf.keras.optimizers.Adam(1e-3, beta_2=unknown)", False),
        ("tf.keras.optimizers.Nadam(1e-3, beta_2=0.5)", False),
        ("tf.keras.optimizers.Adam(1e-3)", False),
    ],
)
def test_the_rule_of_the_example(project: Path, site: Path, adam: str, found: bool) -> None:
    text = PROGRAM.replace("tf.keras.optimizers.Adam(1e-3, beta_2=0.5)", adam)
    (project / "train.py").write_text(text, encoding="utf-8")
    done = gradlint(project, site, "--select", "SM001")
    assert ("SM001" in done.stdout, done.returncode) == (found, int(found)), done.stdout


# -- what can be wrong ----------------------------------------------------------------------------------------------------


RULE = '''"""A check."""

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.rule import Match, rule


@rule("{code}", severity=Severity.WARNING, predicts=Symptom.NONE)
def {name}(model):
    """Any optimizer."""
    for optimizer in model.optimizers:
        yield Match(optimizer.where, "here it is", "remove it", Confidence.HIGH)
'''

Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes a plugin look installed; its modules have names of their own, for they stay imported."""
    home = tmp_path / "site"
    home.mkdir()
    monkeypatch.syspath_prepend(str(home))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def make(name: str, **files: str) -> str:
        package = home / name.replace("-", "_")
        package.mkdir()
        for stem, text in {"__init__": "", **files}.items():
            (package / f"{stem}.py").write_text(text, encoding="utf-8")
        info = home / f"{package.name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{name} = {package.name}\n", encoding="utf-8")
        return name

    return make


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run(arguments or ["."]) == 2
    error = capsys.readouterr().err.strip()
    assert "Traceback" not in error
    return error


def configure(*names: str) -> None:
    Path("gradlint.toml").write_text(f"fail-on = 'error'\nplugins = {json.dumps(names)}\n", encoding="utf-8")


def test_an_unknown_name(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("unknown-one", check=RULE.format(code="UO001", name="uo_rule"))
    configure("unknown-onne")
    wanted = "gradlint.toml:2: plugins: no plugin 'unknown-onne' is installed: did you mean unknown-one?"
    assert complaint(capsys) == f"gradlint: error: {wanted}"
    assert "unknown_one" not in sys.modules
    configure("zzz")
    assert "installed are: " in complaint(capsys)
    assert "a list of strings is wanted" in complaint(capsys, "--isolated", "--config", 'plugins = "unknown-one"')
    assert "unknown-onne" in complaint(capsys, "--isolated", "--config", 'plugins = ["unknown-onne"]')


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "bad-import",
            "import no_such_thing",
            "cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'",
        ),
        ("bad-syntax", "def", "cannot be imported: SyntaxError"),
        ("bad-exit", "raise SystemExit(0)", "cannot be imported: SystemExit: 0"),
        ("bad-summary", RULE.format(code="BS001", name="bs").replace('"""Any optimizer."""', ""), "has no docstring"),
        ("bad-prefix", RULE.format(code="GL999", name="bp"), "codes that begin with GL are gradlint's own"),
        ("bad-code", RULE.format(code="b1", name="bc"), "two to eight capital letters and three digits"),
        ("bad-name", RULE.format(code="BN001", name="raw_rewards"), "gradlint has GL301 [raw-rewards] already"),
        ("bad-case", RULE.format(code="BC001", name="RawRewards"), "small letters"),
        ("bad-empty", "x = 1", "has no rule in bad_empty"),
        ("bad-twice", RULE.format(code="BT001", name="a") + RULE.format(code="BT001", name="b"), "has BT001 twice"),
    ],
)
def test_a_wrong_plugin_is_named(
    name: str, text: str, message: str, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(install(name, check=text))
    error = complaint(capsys)
    assert error.startswith(f"gradlint: error: gradlint.toml:2: plugins: plugin {name!r}")
    assert message in error
    assert complaint(capsys, "rules")
    assert cli.run(["explain", "GL201"]) == 0


def test_two_plugins_with_one_code(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (install(f"same-{i}", check=RULE.format(code="SC001", name=f"same_{i}")) for i in "ab")
    configure(first, second)
    assert "plugin 'same-b': SC001 [same-b] cannot be added: plugin 'same-a' has SC001" in complaint(capsys)
    for name in (first, second):  # nor may they be in two parts of one run
        Path(name).mkdir()
        (Path(name) / "gradlint.toml").write_text(f'plugins = ["{name}"]\n', encoding="utf-8")
        (Path(name) / "train.py").write_text(PROGRAM, encoding="utf-8")
        assert cli.run([name]) == 1
    capsys.readouterr()
    assert "plugin 'same-b'" in complaint(capsys, first, second)


def test_each_part_of_a_project_has_its_own_plugins(install: Install) -> None:
    name = install("own-part", check=RULE.format(code="OP001", name="op_rule"))
    for folder in ("with", "without"):
        Path(folder).mkdir()
        (Path(folder) / "train.py").write_text(PROGRAM, encoding="utf-8")
    Path("with/gradlint.toml").write_text(f'plugins = ["{name}"]\nselect = ["OP"]\n', encoding="utf-8")
    for jobs in (1, 2):
        report = lint.run(Settings(jobs=jobs), NoProgress())
        assert [(each.span.path, each.code) for each in report.findings] == [("with/train.py", "OP001")]


def test_the_command_line_adds_to_the_file(install: Install) -> None:
    names = [install(f"added-{i}", check=RULE.format(code=f"AD00{i}", name=f"added_{i}")) for i in (1, 2)]
    configure(names[0])
    policy = Configurations(Settings(config=(f'plugins = ["{names[1]}"]',))).of("x.py")
    assert {"AD001", "AD002"} <= policy.codes
    assert policy.options.plugins == tuple(names)


def test_rules_that_a_plugin_imports_are_not_its_own(install: Install) -> None:
    base = RULE.format(code="IM001", name="im_rule")
    name = install("imports-ours", base=base, again="from imports_ours.base import im_rule")
    assert [rule.code for rule in plugins.rules_of(name)] == ["IM001"]


def test_a_rule_that_crashes_is_reported_with_its_plugin(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    broken = RULE.format(code="CR001", name="cr_rule").replace("model.optimizers", "model.optimisers")
    configure(install("crashes", check=broken))
    Path("train.py").write_text(PROGRAM, encoding="utf-8")
    assert cli.run(["train.py"]) == 3
    assert "rule CR001 [cr-rule] of plugin 'crashes' failed" in capsys.readouterr().out


def test_nothing_in_the_checked_tree_is_a_plugin(tmp_path: Path, site: Path) -> None:
    shutil.copytree(site, tmp_path / "tree")
    (tmp_path / "tree" / "gradlint.toml").write_text(NAMED, encoding="utf-8")
    done = run("-m", "gradlint", ".", cwd=tmp_path / "tree")
    assert done.returncode == 2
    assert "no plugin 'short-memory' is installed" in done.stderr


def test_pages_that_are_missing_or_wrong_are_named(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = install("paged", check=RULE.format(code="PA001", name="pa_rule"))
    configure(name)
    assert "has no page: pa-rule.md is looked for in paged/pages" in complaint(capsys, "explain", "PA001")
    folder = tmp_path / "site" / "paged" / "rules"
    folder.mkdir()
    text = (PLUGIN / "src/gradlint_short_memory/pages/low-beta-2.md").read_text(encoding="utf-8")
    page = folder / "pa-rule.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(pages.PageError, match="titled 'low-beta-2"):
        page_examples(name)
    text = text.replace("# low-beta-2 (SM001)", "# pa-rule (PA001)")
    page.write_text(text, encoding="utf-8")
    with pytest.raises(pages.PageError, match="docstring"):
        page_examples(name)
    page.write_text(re.sub(r"The beta_2 of Adam is so.*", "Any optimizer.", text), encoding="utf-8")
    bad, good, _ = page_examples(name)
    check_example(bad)
    with pytest.raises(AssertionError, match=r"pa-rule:\d+: found in line 4: PA001 here it is"):
        check_example(good)


def test_without_plugins_the_rules_are_those_of_gradlint() -> None:
    assert plugins.in_force(()) == known_rules()
    with pytest.raises(UsageError, match="no plugin 'nobody'"):
        plugins.in_force(["nobody"])
