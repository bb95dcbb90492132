"""The whole probe with the real TensorFlow: pages, README, and static findings that it settles."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import probing
import pytest
import readme_blocks

from gradlint import pages
from gradlint.rule import OBSERVED

pytestmark = pytest.mark.tensorflow
ROOT = probing.ROOT
EXAMPLES = [(page, example) for page in (pages.load(rule.name) for rule in OBSERVED) for example in page.examples]


def command(folder: Path, *arguments: str, code: int = 0) -> str:
    done = probing.command(folder, *arguments, "--python", probing.PYTHON)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def probe(folder: Path, text: str, *options: str, code: int = 0) -> dict[str, Any]:
    (folder / "train.py").write_text(textwrap.dedent(text), encoding="utf-8")
    ended, document = probing.probe(folder, "train.py", *options)
    assert ended == code, document["reason"]
    return document


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    listed = [*document["findings"], *document.get("not_shown", ())]
    return {finding["code"]: finding["verdict"] for finding in listed}


@pytest.mark.parametrize(
    ("page", "example"), EXAMPLES, ids=[f"{page.name}:{example.line}" for page, example in EXAMPLES]
)
def test_pages(page: pages.Page, example: pages.Example, tmp_path: Path) -> None:
    bad = example.heading == "Example"
    document = probe(tmp_path, example.code, code=int(bad))
    confirmed = probing.confirmed(document)
    assert (page.code in confirmed) if bad else not confirmed, f"rules/{page.name}.md:{example.line}: {confirmed}"
    assert document["missing"] == ""


def test_the_output_in_the_readme() -> None:
    shown = readme_blocks.block((ROOT / "README.md").read_text(encoding="utf-8"), "probe-output")
    printed = command(ROOT, "probe", "fixtures/probe/exploding_recurrent.py", code=1)
    words = [re.sub(r"[\d.e+-]+", "0", text) for text in (shown, printed)]
    for paragraph in words[0].split("\n\n")[:2]:  # the numbers may differ between machines, the statements may not
        assert " ".join(paragraph.split()) in " ".join(words[1].split())


CLASSIC = """
    import numpy as np
    import tensorflow as tf

    tf.keras.utils.set_random_seed(0)


    def normalise(rewards):
        rewards = np.array(rewards, dtype="float32")
        return (rewards - np.mean(rewards)) / np.std(rewards)


    states = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    policy = tf.keras.Sequential([tf.keras.layers.Dense(2, activation="softmax")])
    optimizer = tf.keras.optimizers.Adam(RATE)
    for episode in range(10):
        advantages = normalise(REWARDS)
        with tf.GradientTape() as tape:
            chosen = policy(states)[:, 0]
            loss = -tf.reduce_mean(tf.math.log(chosen + 1e-8) * advantages)
        gradients = tape.gradient(loss, policy.trainable_variables)
        optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
"""


def test_a_division_is_confirmed_or_not(tmp_path: Path) -> None:
    text = CLASSIC.replace("RATE", "0.001")
    dead = probe(tmp_path, text.replace("REWARDS", "[1.0] * 8"), code=1)
    assert verdicts(dead)["GL302"] == "confirmed"
    alive = probe(tmp_path, text.replace("REWARDS", "[1.0, 2.0] * 4"))
    assert verdicts(alive)["GL302"] == "not-observed"
    (division,) = (found for found in alive["findings"] if found["code"] == "GL302")
    assert division["evidence"][0]["message"].startswith("the smallest divisor was 0.5 in 5 calls")


def test_check_holds_a_directory_against_a_run(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(textwrap.dedent(CLASSIC).replace("RATE", "0.1").replace("REWARDS", "[1.0] * 8"))
    (tmp_path / "other.py").write_text(textwrap.dedent(CLASSIC).replace("RATE", "0.1").replace("REWARDS", "[1.0] * 8"))
    printed = command(tmp_path, "check", "--probe", "train.py", "--output-format", "json", code=1)
    document = json.loads(printed)
    assert document["probe"]["verdict"] == "confirmed"
    found = {(each["path"], each["code"]): each["verdict"] for each in document["findings"]}
    assert found["train.py", "GL302"] == "confirmed"
    assert found["other.py", "GL302"] == "untested"
    assert found["other.py", "GL201"] == "untested"


def test_a_high_rate_with_adam_is_not_condemned(tmp_path: Path) -> None:
    text = CLASSIC.replace("RATE", "0.1").replace("REWARDS", "[1.0, 2.0] * 4")
    assert verdicts(probe(tmp_path, text))["GL201"] == "not-observed"


def test_steps_and_watch(tmp_path: Path) -> None:
    text = CLASSIC.replace("RATE", "0.001").replace("REWARDS", "[1.0, 2.0] * 4")
    document = probe(tmp_path, text, "--steps", "2", "--watch", "1", "--no-replay", "--seed", "3")
    assert [step["level"] for step in document["steps"]] == ["full", "full", "watched"]
    assert document["replay"] == []


def test_a_module_and_a_notebook(tmp_path: Path) -> None:
    text = textwrap.dedent(CLASSIC).replace("RATE", "0.001").replace("REWARDS", "[1.0] * 8")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "train.py").write_text(text)
    document = json.loads(command(tmp_path, "probe", "-m", "package.train", "--output-format", "json", code=1))
    assert verdicts(document)["GL302"] == "confirmed"
    assert document["steps"][0]["sites"]["applied"]["path"] == "package/train.py"
    cells = [{"cell_type": "code", "source": "%matplotlib inline\n"}, {"cell_type": "code", "source": text}]
    (tmp_path / "nb.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    document = json.loads(command(tmp_path, "probe", "nb.ipynb", "--output-format", "json", code=1))
    assert verdicts(document)["GL302"] == "confirmed"
    assert document["steps"][0]["sites"]["applied"]["cell"] == 2


def test_two_workers(tmp_path: Path) -> None:
    script = probing.FIXTURES / "styles" / "multi_worker.py"
    code, document = probing.probe(tmp_path, str(script), "--workers", "2")
    assert (document["verdict"], code) == ("not-observed", 0), document["reason"] + document["script"]["output"]
    first, second = document["steps"], document["workers"][0]["steps"]
    assert [step["index"] for step in first] == [step["index"] for step in second] == [1, 2, 3, 4, 5]
    assert first[0]["loss"] != second[0]["loss"], "each has its own data"


@pytest.mark.parametrize(
    ("fixture", "code", "expected"),
    [
        ("actor_critic_swapped_zip", "GL412", "confirmed"),
        ("beehive_lstm_late_clip", "GL104", "confirmed"),
        ("bilstm_pos_tagger", "GL102", "not-observed"),
        ("cnn_leaf_classifier", "GL201", "confirmed"),
        ("dqn_crane_terminal_penalty", "GL301", "confirmed"),
    ],
)
def test_fixtures_of_the_linter(fixture: str, code: str, expected: str) -> None:
    path = f"fixtures/scripts/{fixture}.py"
    arguments = ("probe", path, "--isolate", "--no-replay", "--output-format", "json")
    document = json.loads(command(ROOT, *arguments, code=int(expected == "confirmed")))
    assert verdicts(document)[code] == expected
