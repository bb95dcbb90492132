"""README.md says what is so: its commands, options, examples and links."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import readme_blocks
import yaml
from readme_blocks import ROOT, block

from gradlint import cli, lint

README = readme_blocks.README.read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
HOOKS = ROOT / ".pre-commit-hooks.yaml"


def test_generated_blocks_are_up_to_date() -> None:
    assert readme_blocks.updated(README) == README, "run python tests/readme_blocks.py"


def test_the_picture_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tests/readme_picture.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "fixtures/readme.svg" in README


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_option_in_the_documents_exists(name: str) -> None:
    helps = "".join(
        readme_blocks.printed([*command, "--help"])
        for command in ([], ["facts"], ["rules"], ["explain"], ["probe"], ["new-rule"])
    )
    text = (ROOT / name).read_text(encoding="utf-8")
    written = {
        option
        for command in re.findall(r"gradlint[^\n`]*", text)
        for option in re.findall(r"(?<!\w)--[a-z][a-z-]*", command.partition("#")[0].partition(" -- ")[0])
    }
    assert not {option for option in written if option not in helps}


def test_every_option_of_the_command_is_in_the_readme() -> None:
    options = set(re.findall(r"(?<!\w)--[a-z][a-z-]*", readme_blocks.printed(["check", "--help"])))
    assert options <= set(re.findall(r"--[a-z][a-z-]*", block(README, "help")))


def test_the_usage_lines_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = next(found for found in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "gradlint facts" in found)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "notebooks" / "train.ipynb").write_text('{"cells": []}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x = 1")))
    for line in usage.splitlines():
        program, *arguments = line.partition("#")[0].split()
        assert program == "gradlint"
        assert cli.run(arguments) == 0, line


def test_the_silenced_finding_is_silenced() -> None:
    code = block(README, "silenced")
    report = lint.check_text(code)
    assert not report.findings
    assert not report.problems
    assert [finding.code for finding in report.suppressed] == ["GL201"]
    assert [finding.code for finding in lint.check_text(re.sub(r"#.*", "", code)).findings] == ["GL201"]
    whole = block(README, "silenced-file")
    assert not lint.check_text(whole, pedantic=True).findings
    assert lint.check_text(re.sub(r"#.*", "", whole)).findings
    by_code = re.sub(r"# gradlint.*\n", "", code).replace('loss="mse")', 'loss="mse")  # noqa: GL201')
    assert not lint.check_text(by_code).findings


def test_the_json_example_has_the_fields_of_the_schema() -> None:
    schema = json.loads((ROOT / "src/gradlint/report/schema.json").read_text(encoding="utf-8"))
    example = json.loads(block(README, "json"))
    assert set(example) == set(schema["properties"]) - {"probe"}  # only with --probe
    assert set(schema["$defs"]["finding"]["required"]) <= set(example["findings"][0])


def test_the_hook_is_called_what_the_readme_calls_it() -> None:
    example = next(found for found in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "repos:" in found)
    ((wanted,),) = ([hook["id"] for hook in repo["hooks"]] for repo in yaml.safe_load(example)["repos"])
    assert wanted in {hook["id"] for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_the_exit_codes_are_those_of_the_command() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert codes == {cli.CLEAN, cli.FOUND, cli.USAGE, cli.INTERNAL, cli.NO_STEP}
