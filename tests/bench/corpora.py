"""Fetch the pinned third-party distributions that gradlint is measured on.

``corpora.toml`` names each distribution, its version and the set it belongs to:

* ``library``: reinforcement-learning and model libraries, chosen once and kept;
* ``application``: small projects that train a model in their own code;
* ``holdout``: more of the same, not read while rules are developed.

pip's own index settings and session are used to find and download a file, so a mirror, a proxy or a
certificate configured for pip works here too.  Nothing is built, imported or run: a wheel or a source
archive is only read, and only its source and settings files are written to the cache.

The cache is the user's cache directory for ``gradlint-bench``; set ``GRADLINT_CORPORA`` to use another
one.  A distribution already in the cache is not fetched again: delete its directory to refetch it.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import IO, Any

import platformdirs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETS = ("library", "application", "holdout")
LIST = Path(__file__).with_name("corpora.toml")
MAX_BYTES = 1_000_000
KEPT_SUFFIXES = frozenset({".py", ".ipynb", ".json", ".yaml", ".yml", ".gin", ".toml"})
KEPT_NAMES = frozenset({"METADATA", "PKG-INFO", "setup.cfg"})
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class FetchError(Exception):
    """A distribution could not be found or unpacked."""


@dataclass(frozen=True)
class Corpus:
    """One unpacked distribution."""

    name: str
    version: str
    set: str
    root: Path


@dataclass(frozen=True)
class Pin:
    """One entry of the list: a distribution, its version, and the part of it to keep."""

    name: str
    version: str
    set: str
    paths: tuple[str, ...] = ()

    @property
    def directory(self) -> str:
        """The name of its directory in the cache."""
        return f"{self.name}-{self.version}"


def read_pins(path: Path = LIST) -> list[Pin]:
    """Read the list of distributions."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["distribution"]
    pins = [Pin(e["name"], e["version"], e["set"], tuple(e.get("paths", ()))) for e in entries]
    unknown = sorted({pin.set for pin in pins} - set(SETS))
    if unknown:
        raise ValueError(f"{path.name}: unknown set: {', '.join(unknown)}")
    return pins


def cache_directory() -> Path:
    """Where the unpacked distributions are kept."""
    override = os.environ.get("GRADLINT_CORPORA")
    return Path(override) if override else Path(platformdirs.user_cache_dir("gradlint-bench"))


class PipIndex:
    """The package index that pip is configured with, asked for files only.

    pip's command line can download a source archive only by also running its build backend for metadata,
    so pip's finder and session are used directly.  They are not a public interface; they are imported by
    name so that a change in pip is reported here and nowhere else.
    """

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        logging.getLogger("pip").setLevel(logging.ERROR)
        command = import_module("pip._internal.commands").create_command("download")
        options, _ = command.parse_args([])
        options.ignore_requires_python = True
        options.pre = True
        session = command._build_session(options)
        finder = command._build_package_finder(options=options, session=session, ignore_requires_python=True)
        return session, finder

    def find(self, name: str, version: str) -> Any:
        """Return pip's link to a wheel of this version, or else to its source archive."""
        parse = import_module("pip._vendor.packaging.version").parse
        _, finder = self._parts
        links = [
            candidate.link
            for candidate in finder.find_all_candidates(name)
            if candidate.version == parse(version) and candidate.link.filename.endswith(ARCHIVES)
        ]
        if not links:
            raise FetchError(f"{name}=={version}: the index has no wheel or source archive of it")
        return min(links, key=lambda link: (not link.is_wheel, link.filename))

    def download(self, link: Any, directory: Path) -> Path:
        """Download the file of a link, and check it against the digest that the index gives."""
        session, _ = self._parts
        target = directory / PurePosixPath(link.filename).name
        headers = {"Accept-Encoding": "identity"}
        with session.get(link.url_without_fragment, headers=headers, stream=True) as response:
            response.raise_for_status()
            with target.open("wb") as file:
                for chunk in response.iter_content(65536):
                    file.write(chunk)
        hashes = link.as_hashes()
        if hashes:
            hashes.check_against_path(str(target))
        return target


def is_kept(path: PurePosixPath, size: int, globs: Sequence[str]) -> bool:
    """Whether a member is a source or settings file, small enough, in the kept part of the distribution."""
    if size >= MAX_BYTES:
        return False
    if path.name in KEPT_NAMES:
        return True
    requirements = path.name.startswith("requirements") and path.suffix == ".txt"
    if not requirements and path.suffix not in KEPT_SUFFIXES:
        return False
    return not globs or any(fnmatch(str(path), glob) for glob in globs)


def safe_path(name: str) -> PurePosixPath | None:
    """The relative path of a member, or None when it could be written outside the directory."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0] or "\0" in name:
        return None
    return path


def zip_members(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    """The regular files of a zip archive: path, size and contents.  Links are left out."""
    for info in archive.infolist():
        file_type = (info.external_attr >> 16) & 0o170000
        path = safe_path(info.filename)
        if path is None or info.is_dir() or file_type not in (0, 0o100000):
            continue
        with archive.open(info) as stream:
            yield path, info.file_size, stream


def tar_members(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    """The regular files of a tar archive: path, size and contents.  Links and devices are left out."""
    for info in archive:
        path = safe_path(info.name)
        stream = archive.extractfile(info) if path is not None and info.isreg() else None
        if path is not None and stream is not None:
            with stream:
                yield path, info.size, stream


def members(archive: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    """The regular files of a wheel or a source archive."""
    if archive.name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(archive) as opened_zip:
            yield from zip_members(opened_zip)
    else:
        with tarfile.open(archive) as opened_tar:
            yield from tar_members(opened_tar)


def unpack(archive: Path, target: Path, globs: Sequence[str] = ()) -> int:
    """Write the kept members of an archive below target, and return how many there are.

    The single top directory of a source archive is left out of the paths.
    """
    strip = 0 if archive.suffix == ".whl" else 1
    count = 0
    for path, size, stream in members(archive):
        parts = path.parts[strip:]
        if not parts or not is_kept(PurePosixPath(*parts), size, globs):
            continue
        destination = target.joinpath(*parts)
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(stream.read(MAX_BYTES))
        count += 1
    return count


def fetch(pin: Pin, cache: Path, index: PipIndex) -> Path:
    """Make sure that a distribution is unpacked in the cache, and return its directory."""
    root = cache / pin.directory
    if root.is_dir():
        return root
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=cache))
    try:
        archive = index.download(index.find(pin.name, pin.version), scratch)
        unpacked = scratch / "unpacked"
        unpacked.mkdir()
        if not unpack(archive, unpacked, pin.paths):
            raise FetchError(f"{pin.directory}: nothing to keep in {archive.name}")
        unpacked.rename(root)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return root


def corpora(which: str) -> list[Corpus]:
    """The unpacked distributions of one set, or of every set for ``all``; missing ones are fetched."""
    if which not in (*SETS, "all"):
        raise ValueError(f"unknown set: {which}")
    cache, index = cache_directory(), PipIndex()
    pins = [pin for pin in read_pins() if which in (pin.set, "all")]
    return [Corpus(pin.name, pin.version, pin.set, fetch(pin, cache, index)) for pin in pins]


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch one set or all, and print where each distribution went."""
    parser = argparse.ArgumentParser(description="Fetch the distributions that gradlint is measured on.")
    parser.add_argument("--set", dest="which", choices=(*SETS, "all"), default="all")
    which = parser.parse_args(argv).which
    cache, index, failed = cache_directory(), PipIndex(), 0
    for pin in read_pins():
        if which not in (pin.set, "all"):
            continue
        try:
            print(f"{pin.set:12} {pin.directory:45} {fetch(pin, cache, index)}", flush=True)
        except Exception as error:  # one missing distribution must not stop the others
            failed += 1
            print(f"{pin.directory}: {type(error).__name__}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
