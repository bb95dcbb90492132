"""The wire format: what is written is read back, and what is not of it is refused by name."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from gradlint.probe import codec, wire

REQUEST = wire.Request(script="/a/train.py", module=None, result="/t/r.json", events="/t/e.jsonl", root="/a")
EVENT = wire.Event(wire.Doing.STEP, 1.5, 1 << 20, step=1, optimizer=0, loss=math.nan, global_norm=math.inf)


def test_a_request_survives() -> None:
    request = replace(
        REQUEST,
        argv=("--epochs", "3"),
        sources={"/a/train.py": wire.Source("00", "x = 1\n")},
        operands=(wire.Operand("/a/train.py", 1, 1, "log"),),
    )
    assert codec.loads(wire.Request, codec.dumps(request)) == request


def test_numbers_that_json_lacks_survive() -> None:
    text = codec.dumps(EVENT)
    assert '"nan"' in text
    assert '"inf"' in text
    back = codec.loads(wire.Event, text)
    assert back.loss is not None
    assert math.isnan(back.loss)
    assert back.global_norm == math.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": "many"}, "request.steps: expected int, not str"),
        ({"steps": True}, "request.steps: expected int, not bool"),
        ({"argv": "x"}, "request.argv: expected a list, not str"),
        ({"argv": [1]}, r"request.argv\[0\]: expected str, not int"),
        ({"sources": {"a": {"hash": "0"}}}, "request.sources.a: field 'source' is missing"),
        ({"surprise": 1}, "request: unknown field 'surprise'"),
        ({"version": 2}, "version 2 of the wire format"),
    ],
)
def test_what_is_not_of_the_format_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    data = {**json.loads(codec.dumps(REQUEST)), **change}
    with pytest.raises(codec.WireError, match=message):
        codec.loads(wire.Request, json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, b"\xff\xfe\xff"])
def test_garbage_is_refused(text: str | bytes) -> None:
    with pytest.raises(codec.WireError):
        codec.loads(wire.Result, text)


def test_an_unknown_word_is_refused() -> None:
    data = {**json.loads(codec.dumps(EVENT)), "doing": "sleeping"}
    with pytest.raises(codec.WireError, match="'sleeping' is none of started, importing"):
        codec.loads(wire.Event, json.dumps(data))
