"""Settings that reach the code from outside: command lines, flags, and JSON, YAML and gin files named by a literal."""

from __future__ import annotations

import os

from gradlint.model import Noted
from gradlint.reader import expressions
from gradlint.reader.arguments import Args
from gradlint.reader.ir import Call, Expr
from gradlint.reader.library import container_functions, documents
from gradlint.reader.state import Frame, Run
from gradlint.values import (
    ANY,
    MOST_TEXT,
    NONE,
    Const,
    Ext,
    Fn,
    Kind,
    Method,
    Num,
    Ref,
    Value,
    options,
)

_BAGS = frozenset({"SimpleNamespace", "Namespace", "HParams", "ConfigDict", "EasyDict", "AttrDict", "Munch", "Bunch"})
"""Last components of the names of classes whose objects hold settings, as attributes and often as items too."""
_TRUE_FALSE = {"store_true": False, "store_false": True}
_FLAG_MODULES = ("absl.flags.", "tf.flags.", "tf.app.flags.", "flags.", "gflags.")


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Parsers, flags, and readers of configuration files."""
    last = name.name.rpartition(".")[2]
    if (last in _BAGS and name.name != last) or name.name == "box.Box":
        return _bag(run, args)
    if last in ("ArgumentParser", "ArgParser") or name.name == "optparse.OptionParser":
        return run.heap.allocate((args.where, "parser"), "parser", args.where, name=name.name)
    if name.name.startswith(_FLAG_MODULES) and last.startswith("DEFINE_"):
        return _define_flag(run, args)
    if name.name in (
        "json.load",
        "json.loads",
        "yaml.load",
        "yaml.safe_load",
        "yaml.full_load",
        "toml.load",
        "tomllib.load",
        "tomli.load",
    ):
        return _read_stream(run, args)
    if last == "load" and name.name.startswith(("omegaconf.", "OmegaConf")):
        return _read_literal(run, args.get(0), args)
    if name.name == "builtins.open" or name.name in ("io.open", "codecs.open", "tf.io.gfile.GFile", "tf.gfile.GFile"):
        return _open(run, args)
    if name.name in ("os.path.join", "os.path.abspath", "pathlib.Path", "pathlib.PurePath", "os.path.expanduser"):
        return _path(run, args)
    if name.name in ("os.path.dirname", "os.path.realpath"):
        first = args.get(0)
        return (
            Const(os.path.dirname(str(first.value))) if isinstance(first, Const) and last == "dirname" else first or ANY
        )
    if name.name in ("gin.parse_config_file", "gin.parse_config_files_and_bindings"):
        _gin(run, args)
        return NONE
    if name.name in ("os.environ.get", "os.getenv"):
        default = args.get(1, "default")
        return Const(default.value, default.origins, True) if isinstance(default, Const) else ANY
    return None


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`parser.add_argument`, `parser.parse_args`, reads of `Path`."""
    for option in options(receiver):
        if isinstance(option, Ref) and run.heap.get(option).kind == "parser":
            return _parser_method(run, option, name, args)
        if isinstance(option, Const) and isinstance(option.value, str) and name in ("read_text", "open"):
            return Const("@file:" + option.value) if name == "read_text" else _stream(option.value)
        if isinstance(option, Const) and isinstance(option.value, str) and option.value.startswith("@file:"):
            return option if name == "read" else None
        if (
            isinstance(option, Const)
            and isinstance(option.value, str)
            and name in ("resolve", "absolute", "expanduser", "as_posix")
        ):
            return option
    return None


def _bag(run: Run, args: Args) -> Value:
    """`HParams(learning_rate=0.1)`, `EasyDict({"learning_rate": 0.1})`: a dictionary that is read like an object."""
    made = container_functions.make_dict(run, args)
    if isinstance(made, Ref):
        run.heap.edit(made).name = "namespace"
    return made


# -- command lines ----------------------------------------------------------------------------------------------------------


def _parser_method(run: Run, ref: Ref, name: str, args: Args) -> Value:
    if name in ("add_argument", "add_option", "add", "add_arg"):
        _add_argument(run, ref, args)
        return ANY
    if name in ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"):
        return ref
    if name == "set_defaults":
        for key, value in args.keywords.items():
            run.heap.edit(ref).entries[key] = _option(value)
        return NONE
    if name in ("parse_args", "parse_known_args", "parse_args_into_dataclasses"):
        space = run.heap.allocate((ref.id, "namespace"), "namespace", args.where, name="options")
        run.heap.edit(space).entries.update(run.heap.get(ref).entries)
        if name == "parse_args":
            return space
        from gradlint.values import sequence

        return sequence((space, ANY))
    return ANY


def _add_argument(run: Run, ref: Ref, args: Args) -> None:
    names = [value.value for value in args.positional if isinstance(value, Const) and isinstance(value.value, str)]
    longest = next((n for n in names if n.startswith("--")), names[-1] if names else "")
    destination = args.keywords.get("dest")
    key = destination.value if isinstance(destination, Const) else longest.lstrip("-").replace("-", "_")
    action = args.keywords.get("action")
    default = args.keywords.get("default")
    if default is None and isinstance(action, Const) and action.value in _TRUE_FALSE:
        default = Const(_TRUE_FALSE[str(action.value)])
    value = _option(default) if default is not None else Num(unknown=f"option {longest} has no default")
    if isinstance(key, str) and key:
        run.heap.edit(ref).entries[key] = value


def _option(default: Value) -> Value:
    """A default that the command line may replace."""
    if isinstance(default, Const):
        if isinstance(default.value, str):
            try:
                return Const(float(default.value), default.origins, True)
            except ValueError:
                pass
        return Const(default.value, default.origins, True)
    return default


def _define_flag(run: Run, args: Args) -> Value:
    name = args.get(0, "name")
    default = args.get(1, "default", "default_value")
    value = _option(default) if default is not None and default != NONE else Num(unknown="a flag without a default")
    if isinstance(name, Const):
        run.defined_flags[(args.where.path, str(name.value))] = value
    ref = run.heap.allocate((args.where, "flag"), "namespace", args.where, name="flag")
    run.heap.edit(ref).entries["value"] = value
    return ref


def note_option(run: Run, decorator: Call, value: Fn, frame: Frame) -> None:
    """`@click.option("--lr", default=0.1)`: the default of the parameter lr."""
    name = expressions.dotted_name(decorator.func)
    if name.rpartition(".")[2] not in ("option", "argument"):
        return
    keywords = {a.name: a.value for a in decorator.args if a.name}
    texts = [e.value for e in (a.value for a in decorator.args if a.name is None) if _is_text(e)]  # type: ignore[union-attr]
    longest = next((t for t in texts if str(t).startswith("--")), texts[-1] if texts else "")
    plain = next((t for t in texts if not str(t).startswith("-")), None)
    key = str(plain or longest).lstrip("-").partition("/")[0].replace("-", "_")
    if key and "default" in keywords:
        run.click[(id(value.definition), key)] = _option(expressions.evaluate(run, keywords["default"], frame))


def _is_text(node: Expr) -> bool:
    return isinstance(getattr(node, "value", None), str)


# -- files ------------------------------------------------------------------------------------------------------------------


def _path(run: Run, args: Args) -> Value:
    parts = [
        value.value if isinstance(value, Const) and isinstance(value.value, str) else None for value in args.positional
    ]
    known = [part for part in parts if part is not None]
    if (
        parts
        and parts[-1] is not None
        and (len(known) == len(parts) or parts[0] is None)
        and sum(map(len, known)) <= MOST_TEXT
    ):
        return Const(os.path.join(*known))
    return ANY


def _open(run: Run, args: Args) -> Value:
    path = args.get(0, "file", "name")
    if isinstance(path, Const) and isinstance(path.value, str) and not path.assumed:
        return _stream(path.value)
    return ANY


def _stream(path: str) -> Const:
    return Const("@file:" + path)


def _read_stream(run: Run, args: Args) -> Value:
    stream = args.get(0)
    if isinstance(stream, Const) and isinstance(stream.value, str) and stream.value.startswith("@file:"):
        return _read_literal(run, Const(stream.value.removeprefix("@file:")), args)
    return ANY


def _read_literal(run: Run, path: Value | None, args: Args) -> Value:
    if not (isinstance(path, Const) and isinstance(path.value, str)) or args.frame is None:
        return ANY
    found = _locate(path.value, args.frame.path)
    data = documents.parse(found) if found is not None else None
    if data is None:
        return Num(unknown=f"{path.value} could not be read")
    return documents.Lifting(run, args.where, found or "").lift(data, ())


def _locate(name: str, importer: str) -> str | None:
    folder = os.path.dirname(os.path.abspath(importer))
    for _ in range(4):
        candidate = os.path.join(folder, name)
        if os.path.isfile(candidate):
            return candidate
        folder = os.path.dirname(folder)
    return None


def _gin(run: Run, args: Args) -> None:
    path = args.get(0)
    if not (isinstance(path, Const) and isinstance(path.value, str)) or args.frame is None:
        return
    found = _locate(path.value, args.frame.path)
    if found is None:
        return
    try:
        with open(found, encoding="utf-8") as stream:
            lines = stream.read(documents.MOST_BYTES).splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        left, equals, right = line.partition("=")
        try:
            number = float(right.split("#")[0])
        except ValueError:
            continue
        if equals:
            parameter = left.strip().rpartition(".")[2]
            note = f"read from {os.path.basename(found)}: {line.strip()}"
            run.flags[f"gin:{parameter}"] = Const(number, (Noted(args.where, note),))


__all__ = ["Kind", "Method", "function", "method", "note_option"]
