"""The child's way: read the request, import TensorFlow, set the hooks, run the script, say what was seen."""

from __future__ import annotations

import argparse
import builtins
import importlib.util
import json
import os
import random
import runpy
import sys
import threading
import time
import types
from typing import Any

from .loader import Finder, Sources
from .operands import Operands
from .state import Probe


class Asked:
    """What the script asked its user for, in vain."""

    def __init__(self) -> None:
        self.input = False
        self.arguments = False

    def install(self) -> None:
        """`input()` fails as it does without a terminal; a refused command line ends as it always does."""
        refuse = argparse.ArgumentParser.error

        def no_input(prompt: object = "", /) -> str:
            self.input = True
            print(prompt, end="", flush=True)
            raise EOFError("EOF when reading a line")

        def error(parser: argparse.ArgumentParser, message: str) -> Any:
            self.arguments = True
            return refuse(parser, message)

        builtins.input = no_input
        argparse.ArgumentParser.error = error  # type: ignore[method-assign, assignment]


def main(path: str) -> None:
    """Run the script of a request. Does not return."""
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    probe = Probe(request)
    probe.channel.event("started")
    try:
        finder = prepare(probe)
    except Exception as error:
        probe.finish("child-failed", _whole(error))
        return
    if finder is not None:
        run(probe, finder)


def prepare(probe: Probe) -> Finder | None:
    """Import TensorFlow and set the hooks. The script has not started."""
    request = probe.request
    if request["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    probe.operands = Operands(probe)
    sources = Sources(request["sources"], probe.skip)
    finder = Finder(sources)
    finder.install()
    start_path(request)
    probe.channel.event("importing", "tensorflow")
    start = time.monotonic()
    try:
        import tensorflow as tf
    except ImportError as error:
        probe.finish("no-tensorflow", probe.frames.error(error))
        return None
    probe.times["import_tensorflow"] = time.monotonic() - start
    from .hooks import install

    install(probe, finder)
    if request["seed"] is not None:
        seed(int(request["seed"]), tf)
    return finder


def start_path(request: dict[str, Any]) -> None:
    """What `python script.py` and `python -m module` put first on the import path."""
    first = os.path.dirname(os.path.realpath(request["script"])) if request["script"] else os.getcwd()
    sys.path.insert(0, first)


def seed(value: int, tf: Any) -> None:
    """Python, numpy and TensorFlow; the script's own seeds come later and win."""
    import numpy as np

    random.seed(value)
    np.random.seed(value % 2**32)
    tf.random.set_seed(value)


def run(probe: Probe, finder: Finder) -> None:
    """Run the script to its end, or until the probe has seen enough."""
    asked = Asked()
    asked.install()
    probe.channel.event("waiting")
    probe.script_started = time.monotonic()
    try:
        if probe.request["script"]:
            run_script(probe.request, finder.sources)
        else:
            run_module(probe)
        join_threads()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        message = error.code if isinstance(error.code, str) else ""
        if message:
            print(message, file=sys.stderr)
        told = {"type": "SystemExit", "message": message or str(code), "traceback": "", "site": None}
        probe.finish("needs-arguments" if asked.arguments and code == 2 else "script-exited", told, code)
    except BaseException as error:
        raised = probe.frames.error(error)
        sys.stderr.write(raised["traceback"])
        reason = "needs-input" if asked.input and isinstance(error, EOFError) else "script-raised"
        probe.finish(reason, raised)
    probe.finish("script-ended")


def run_script(request: dict[str, Any], sources: Sources) -> None:
    """As `python script.py` does: the module `__main__`, its own arguments, its own name."""
    path = request["script"]
    sys.argv[:] = [path, *request["argv"]]
    main_module = types.ModuleType("__main__")
    main_module.__dict__.update(__file__=path, __builtins__=builtins, __loader__=None, __spec__=None)
    sys.modules["__main__"] = main_module
    code = sources.code(path)
    if code is None:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
    exec(code, main_module.__dict__)


def run_module(probe: Probe) -> None:
    """As `python -m module` does. Its package is the user's wherever it is installed."""
    sys.argv[:] = ["-m", *probe.request["argv"]]
    package = importlib.util.find_spec(probe.request["module"].split(".")[0])
    for directory in (package.submodule_search_locations or ()) if package is not None else ():
        probe.frames.add(directory)
    runpy.run_module(probe.request["module"], run_name="__main__", alter_sys=True)


def join_threads() -> None:
    """Python waits for these before it ends; training may go on in them."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _whole(error: BaseException) -> dict[str, Any]:
    """A failure of the probe, with the probe's own frames."""
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": type(error).__name__, "message": str(error), "traceback": text, "site": None}
