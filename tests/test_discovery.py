"""From paths to files: Git's ignore rules, default excludes, links, and what must not be opened."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from gradlint.config import UsageError
from gradlint.configuration.patterns import EXCLUDED
from gradlint.discovery import Found, discover
from gradlint.finding import Problem


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def write(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(*paths: str | Path) -> list[str]:
    out = []
    for each in discover(paths or (".",)):
        assert isinstance(each, Found), each
        out.append(each.path.relative_to(Path.cwd()).as_posix())
    return out


def problems(*paths: str) -> list[Problem]:
    return [each for each in discover(paths or (".",)) if isinstance(each, Problem)]


def test_python_files_and_notebooks_sorted(tree: Path) -> None:
    write(tree, "z.py", "a/b.py", "a/c.ipynb", "a/readme.md", "a/stubs.pyi", "a.py", "a-b/x.py")
    assert found() == ["a-b/x.py", "a.py", "a/b.py", "a/c.ipynb", "z.py"]
    assert found("z.py", "a") == found("a", "z.py") == ["a/b.py", "a/c.ipynb", "z.py"]


def test_each_file_once_and_named_wins(tree: Path) -> None:
    write(tree, "a/b.py", "a/c.py")
    files = [each for each in discover(["a", "a/b.py", ".", str(tree / "a")]) if isinstance(each, Found)]
    assert [(each.path.name, each.named) for each in files] == [("b.py", True), ("c.py", False)]


def test_named_files_of_any_suffix_although_excluded(tree: Path) -> None:
    write(tree, ".gitignore", text="*.py\n")
    write(tree, "venv/x.py", "train", "stub.pyi")
    assert found("venv/x.py", "train", "stub.pyi") == ["stub.pyi", "train", "venv/x.py"]
    assert found() == []


@pytest.mark.parametrize("name", sorted(EXCLUDED))
def test_default_excludes(tree: Path, name: str) -> None:
    write(tree, f"{name}/x.py", f"a/{name}/y.py", "z.py")
    if name == ".git":
        write(tree, ".git/HEAD")
    assert found() == ["z.py"]
    assert found(name) == [f"{name}/x.py"]


GITIGNORES = {
    ".gitignore": "/top.py\nbuild/\n*_pb2.py\n!keep_pb2.py\ndata/**/raw.py\n# comment\n\\#odd.py\n"
    "logs/*\n!logs/here.py\n",
    "pkg/.gitignore": "*.py\n!__init__.py\n/only.ipynb\n",
    "pkg/deep/.gitignore": "!again.py\n",
    ".git/info/exclude": "private.py\n",
}
FILES = [
    "top.py", "sub/top.py", "build/x.py", "sub/build/x.py", "a_pb2.py", "keep_pb2.py", "data/raw.py", "data/1/2/raw.py",
    "#odd.py", "logs/other.py", "logs/here.py", "logs/x/y.py", "pkg/__init__.py", "pkg/x.py", "pkg/only.ipynb",
    "pkg/deep/again.py", "pkg/deep/x.py", "pkg/deep/only.ipynb", "private.py", "sub/private.py", "täst/ü.py",
]  # fmt: skip


@pytest.fixture
def repository(tree: Path) -> Path:
    git("init", "-q")
    for name, text in GITIGNORES.items():
        write(tree, name, text=text)
    write(tree, *FILES)
    return tree


def git(*arguments: str) -> list[str]:
    if shutil.which("git") is None:
        pytest.fail("these tests compare with git: install it")
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, env=clean)
    return sorted(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


def test_ignores_what_git_ignores(repository: Path) -> None:
    visible = git("ls-files", "-z", "--others", "--exclude-standard", "--", "*.py", "*.ipynb")
    assert sorted(found()) == visible
    assert 0 < len(visible) < len(FILES)


@pytest.mark.parametrize("directory", ["pkg", "pkg/deep", "sub", "data", "logs"])
def test_ignores_from_the_root_of_the_repository_down(repository: Path, directory: str) -> None:
    everything = found()
    assert found(directory) == [name for name in everything if name.startswith(directory + "/")]


def test_an_ignored_directory_that_is_named_is_searched(repository: Path) -> None:
    assert found("build") == ["build/x.py"]
    assert found("sub/build") == ["sub/build/x.py"]


def test_ignores_outside_of_a_repository(tree: Path) -> None:
    write(tree, ".gitignore", text="x.py\n")
    write(tree, "x.py", "y.py")
    assert found() == ["y.py"]


def test_a_work_tree_has_its_excludes_elsewhere(tree: Path, tmp_path: Path) -> None:
    write(tmp_path, "main/.git/info/exclude", text="secret.py\n")
    write(tmp_path, "main/.git/worktrees/w/commondir", text="../..\n")
    write(tree, ".git", text=f"gitdir: {tmp_path}/main/.git/worktrees/w\n")
    write(tree, "secret.py", "open.py")
    assert found() == ["open.py"]


def test_a_repository_in_a_repository_starts_afresh(tree: Path) -> None:
    write(tree, ".gitignore", text="x.py\n")
    write(tree, ".git/HEAD", "inner/.git/HEAD", "inner/x.py", "x.py")
    assert found() == ["inner/x.py"]


def test_an_invalid_pattern_matches_nothing(tree: Path) -> None:
    (tree / ".gitignore").write_bytes(b"!\n\xff.py\na.py\n///\n[z-\n")
    write(tree, "a.py", "b.py")
    assert found() == ["b.py"]


def test_link_loops_end_and_files_come_once(tree: Path) -> None:
    write(tree, "a/x.py", "b/y.py")
    (tree / "a" / "loop").symlink_to(tree)
    (tree / "a" / "self").symlink_to("self")
    (tree / "0link").symlink_to("b")
    (tree / "0file.py").symlink_to("b/y.py")
    assert found() == ["a/x.py", "b/y.py"]


def test_links_out_of_the_repository_are_not_followed(tree: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/x.py")
    write(tree, ".git/HEAD", "experiments/run.py", "shared/common.py")
    (tree / "out").symlink_to(tmp_path / "outside")
    (tree / "root").symlink_to("/")
    (tree / "experiments" / "common").symlink_to("../shared")
    assert found() == ["experiments/run.py", "shared/common.py"]
    assert found("experiments") == ["experiments/common/common.py", "experiments/run.py"]
    assert found("out") == ["out/x.py"]


def test_a_fifo_and_a_socket_are_not_opened(tree: Path) -> None:
    os.mkfifo(tree / "fifo.py")
    os.mkfifo(tree / "fifo.txt")
    (tree / "link.py").symlink_to("fifo.py")
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket.py")
    server.close()
    messages = {each.path: each.message for each in problems()}
    assert messages == {
        "fifo.py": "not checked: a FIFO, not a regular file",
        "link.py": "not checked: a FIFO, not a regular file",
        "socket.py": "not checked: a socket, not a regular file",
    }
    assert [each.path for each in problems("fifo.txt")] == ["fifo.txt"]
    assert [each.path for each in problems("/dev/zero")] == ["/dev/zero"]


def test_a_link_that_leads_nowhere_is_told_unless_it_is_a_lock(tree: Path) -> None:
    (tree / "gone.py").symlink_to("nowhere")
    (tree / ".#x.py").symlink_to("someone@somewhere.123")
    (tree / "round.py").symlink_to("round.py")
    assert [each.path for each in problems()] == ["gone.py", "round.py"]
    assert [each.path for each in problems("gone.py")] == ["gone.py"]


def test_a_directory_that_looks_like_a_file(tree: Path) -> None:
    write(tree, "package.py/x.py")
    assert found() == ["package.py/x.py"]


def test_an_unreadable_directory_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "closed/x.py", "y.py")
    scan = os.scandir

    def scandir(path: str) -> object:  # `chmod` would not do: root may read everything
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert problems() == [Problem("closed", 1, "directory not searched: Permission denied")]


def test_a_path_that_does_not_exist(tree: Path) -> None:
    write(tree, "agents/dqn/train.py")
    with pytest.raises(
        UsageError, match=r"^agents/dqn/trian\.py: no such file or directory: did you mean agents/dqn/train"
    ):
        discover(["agents/dqn/trian.py"])
    with pytest.raises(UsageError, match=r"did you mean agents\?$"):
        discover(["agent/dqn/train.py"])
    with pytest.raises(UsageError, match=r"^zzz: no such file or directory$"):
        discover(["zzz"])


def test_names_that_are_not_unicode(tree: Path) -> None:
    name = os.fsdecode(b"\xff\x1b[31m.py")
    write(tree, name)
    assert found() == [name]
