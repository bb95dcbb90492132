"""The hook, with the real pre-commit, on temporary repositories: a bad commit fails, the fixed one passes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
SHIPPED = ("src", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
NOT_WANTED = ("tensorflow", "keras", "numpy", "torch", "jax")

TRAIN = """\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(64, activation="relu"), tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate={rate}), loss="mse")
model.fit(features, labels, epochs=10)
"""


def run(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    environment |= {
        "PRE_COMMIT_HOME": str(home / "cache"),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_COLOR": "never",
        **{f"GIT_{who}_{what}": "hook@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900)


def git(*arguments: str, cwd: Path, home: Path) -> str:
    done = run("git", *arguments, cwd=cwd, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class User:
    """A repository that uses the hook."""

    def __init__(self, root: Path, home: Path, hook: Path, rev: str) -> None:
        self.root, self.home = root, home
        root.mkdir()
        git("init", "-q", cwd=root, home=home)
        config = f"repos:\n- repo: {hook}\n  rev: {rev}\n  hooks:\n  - id: gradlint\n"
        self.commit_tries({".pre-commit-config.yaml": config})

    def commit_tries(self, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Stage files and run the hook on them; what passes is committed."""
        for name, text in files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        git("add", "-A", cwd=self.root, home=self.home)
        done = run(sys.executable, "-m", "pre_commit", "run", cwd=self.root, home=self.home)
        if done.returncode == 0:
            git("commit", "-q", "-m", "change", cwd=self.root, home=self.home)
        return done


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory, home: Path) -> tuple[Path, str]:
    """This checkout as a repository of its own, uncommitted changes included."""
    root = tmp_path_factory.mktemp("hook")
    for name in SHIPPED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    git("init", "-q", cwd=root, home=home)
    git("add", "-A", cwd=root, home=home)
    git("commit", "-q", "-m", "all", cwd=root, home=home)
    return root, git("rev-parse", "HEAD", cwd=root, home=home)


@pytest.fixture
def user(tmp_path: Path, home: Path, hook: tuple[Path, str]) -> User:
    return User(tmp_path / "user", home, *hook)


def test_a_bad_commit_fails_and_the_fixed_one_passes(user: User) -> None:
    bad = user.commit_tries({"train.py": TRAIN.format(rate="0.1")})
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "GL201 [high-learning-rate]" in bad.stdout
    assert "train.py:4:" in bad.stdout
    good = user.commit_tries({"train.py": TRAIN.format(rate="1e-3")})
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Passed" in good.stdout


def test_the_hook_installs_no_tensorflow(user: User, home: Path) -> None:
    user.commit_tries({"train.py": TRAIN.format(rate="1e-3")})
    installed = {path.name.lower() for path in home.glob("cache/repo*/py_env-*/lib/python*/site-packages/*")}
    assert "gradlint" in installed
    assert not [name for name in installed if name.startswith(NOT_WANTED)]


def test_a_change_of_the_configuration_alone_is_judged_by_what_it_does(user: User) -> None:
    files = {"config.py": "RATE = 1e-3\n", "train.py": "from config import RATE\n\n" + TRAIN.format(rate="RATE")}
    good = user.commit_tries(files)
    assert good.returncode == 0, good.stdout + good.stderr
    bad = user.commit_tries({"config.py": "RATE = 0.1\n"})
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "GL201" in bad.stdout


def test_other_files_do_not_start_the_hook(user: User) -> None:
    done = user.commit_tries({"notes.md": "# Notes\n", "data.json": "{}\n"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped" in done.stdout
