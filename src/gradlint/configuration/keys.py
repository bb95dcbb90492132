"""The keys that a configuration may hold, and what is wrong with those that it does hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradlint.config import matching, nearest
from gradlint.configuration.document import Document, Keys
from gradlint.configuration.options import Options, Texts
from gradlint.configuration.patterns import valid
from gradlint.finding import Confidence, Severity
from gradlint.vocabulary import own
from gradlint.vocabulary.optimizers import KERAS
from gradlint.vocabulary.own import OwnNames, OwnOptimizer
from gradlint.vocabulary.thresholds import LIMITS

_VERSION = re.compile(r"\d+(\.\d+){0,2}")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


@dataclass(frozen=True, slots=True)
class Item:
    """One value in a document."""

    document: Document
    keys: Keys
    value: Any
    known: Mapping[str, str]
    """Code to name of every rule."""

    def error(self, message: str, item: str | None = None) -> Exception:
        """What is wrong with it."""
        return self.document.error(self.keys, message, item)

    def inner(self) -> Iterator[tuple[str, Item]]:
        """The entries of a table."""
        if not isinstance(self.value, Mapping):
            raise self.error(f"a table is wanted, and this is {_described(self.value)}")
        for key, value in self.value.items():
            yield key, Item(self.document, (*self.keys, key), value, self.known)


def read(document: Document, known: Mapping[str, str]) -> Options:
    """The settings of a document.

    Raises:
        UsageError: if a key, type, value or name is wrong.
    """
    found: dict[str, Any] = {}
    places: dict[str, str] = {}
    for key, item in Item(document, (), document.table, known).inner():
        if key not in KEYS:
            raise item.error(f"no such key{_near(key, KEYS)}")
        name = key.replace("-", "_")
        found[name] = KEYS[key](item)
        places[name] = document.place(item.keys)
    return Options(**found, places=places)


def plugins(document: Document) -> Texts:
    """The plugins that a document names, whatever else it says: what is right elsewhere depends on them.

    Raises:
        UsageError: if they are no list of strings.
    """
    table = document.table
    return _texts(Item(document, ("plugins",), table["plugins"], {})) if "plugins" in table else ()


# -- plain values ---------------------------------------------------------------------------------------------------------


def _flag(item: Item) -> bool:
    if not isinstance(item.value, bool):
        raise item.error(f"true or false is wanted, and this is {_described(item.value)}")
    return item.value


def _text(item: Item) -> str:
    if not isinstance(item.value, str):
        raise item.error(f"a string is wanted, and this is {_described(item.value)}")
    return item.value


def _choice(item: Item, choices: Iterable[str]) -> str:
    text, wanted = _text(item), list(choices)
    if text not in wanted:
        raise item.error(f"{text!r} is none of {', '.join(wanted)}{_near(text, wanted)}")
    return text


def _severity(item: Item) -> Severity:
    return Severity[_choice(item, [each.label for each in Severity]).upper()]


def _confidence(item: Item) -> Confidence:
    return Confidence[_choice(item, [each.label for each in Confidence]).upper()]


def _version(item: Item) -> str:
    text = _text(item)
    if not _VERSION.fullmatch(text):
        raise item.error(f"{text!r} is no version: write 2, 2.15 or 2.15.1")
    return text


def _texts(item: Item) -> Texts:
    if not isinstance(item.value, list) or not all(isinstance(each, str) for each in item.value):
        wrong = (
            next((each for each in item.value if not isinstance(each, str)), None)
            if isinstance(item.value, list)
            else 0
        )
        found = _described(item.value) if wrong == 0 else f"a list with {_described(wrong)}"
        raise item.error(f"a list of strings is wanted, and this is {found}")
    return tuple(item.value)


# -- rules and patterns ---------------------------------------------------------------------------------------------------


def _rules(item: Item) -> Texts:
    selectors = _texts(item)
    for selector in selectors:
        if not matching(selector, item.known):
            raise item.error(f"no rule is called {selector!r}{nearest(selector, item.known)}", selector)
    return selectors


def _patterns(item: Item) -> Texts:
    patterns = _texts(item)
    for pattern in patterns:
        _check_pattern(item, pattern)
    return patterns


def _check_pattern(item: Item, pattern: str) -> None:
    if not valid(pattern):
        raise item.error(f"{pattern!r} is no pattern as in .gitignore", pattern)


def _per_file(item: Item) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for pattern, inner in item.inner():
        _check_pattern(inner, pattern)
        found[pattern] = _rules(inner)
    return found


# -- thresholds -----------------------------------------------------------------------------------------------------------


def _rates(item: Item) -> dict[str, float]:
    names = {name.lower(): name for name in (*LIMITS, *(spec.name for spec in KERAS.values()))}
    found: dict[str, float] = {}
    for key, inner in item.inner():
        name = names.get(key.lower())
        if name is None:
            raise inner.error(f"no optimizer is called {key!r}{_near(key.lower(), names)}")
        value = inner.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise inner.error(f"a number is wanted, and this is {_described(value)}")
        if not (0 < value < math.inf):
            raise inner.error(f"a learning rate is a number above 0, and this is {value}")
        found[name] = float(value)
    return found


# -- vocabulary -----------------------------------------------------------------------------------------------------------


def _vocabulary(item: Item) -> OwnNames:
    parsers: dict[str, Callable[[Item], Any]] = {
        "clip-functions": _clips,
        "optimizers": _optimizers,
        "reward-normalisers": _normalisers,
        "finite-checks": _checks,
    }
    found: dict[str, Any] = {}
    for key, inner in item.inner():
        if key not in parsers:
            raise inner.error(f"no such key{_near(key, parsers)}")
        found[key] = parsers[key](inner)
    return OwnNames(
        found.get("clip-functions", {}),
        found.get("optimizers", {}),
        found.get("reward-normalisers", frozenset()),
        found.get("finite-checks", {}),
    )


def _dotted(item: Item, name: str) -> str:
    if not _DOTTED.fullmatch(name):
        raise item.error(f"{name!r} is no dotted name such as package.module.function", name)
    return name


def _normalisers(item: Item) -> frozenset[str]:
    return frozenset(_dotted(item, name) for name in _texts(item))


def _clips(item: Item) -> dict[str, str]:
    return dict(_named(item, (own.RETURNS_GRADIENTS, own.RETURNS_PAIR)))


def _checks(item: Item) -> dict[str, str]:
    return dict(_named(item, (own.RAISES, own.RETURNS_BOOLEAN, own.IS_CALLBACK)))


def _named(item: Item, choices: Texts) -> Iterator[tuple[str, str]]:
    """Entries that are a name, or a name with what it `returns`; the first of the choices is the default."""
    if not isinstance(item.value, list):
        raise item.error(f"a list is wanted, and this is {_described(item.value)}")
    for entry in item.value:
        if isinstance(entry, str):
            yield _dotted(item, entry), choices[0]
            continue
        given = dict(Item(item.document, item.keys, entry, item.known).inner())
        unknown = next((key for key in given if key not in ("name", "returns")), None)
        if unknown is not None:
            raise given[unknown].error(f"no such key{_near(unknown, ('name', 'returns'))}")
        if "name" not in given:
            raise item.error("an entry without a name")
        name = _dotted(item, _text(given["name"]))
        yield name, _choice(given["returns"], choices) if "returns" in given else choices[0]


def _optimizers(item: Item) -> dict[str, OwnOptimizer]:
    return {_dotted(inner, name): _optimizer(inner) for name, inner in item.inner()}


def _optimizer(item: Item) -> OwnOptimizer:
    if isinstance(item.value, str):
        return OwnOptimizer(_like(item))
    if not isinstance(item.value, Mapping):
        raise item.error(f"the name of a Keras optimizer or a table is wanted, and this is {_described(item.value)}")
    given = dict(item.inner())
    unknown = next((key for key in given if key not in ("like", "wraps", "clips")), None)
    if unknown is not None:
        raise given[unknown].error(f"no such key{_near(unknown, ('like', 'wraps', 'clips'))}")
    wraps = "wraps" in given and _flag(given["wraps"])
    if wraps is ("like" in given):
        raise item.error('either like = "...", an optimizer of Keras, or wraps = true is wanted')
    return OwnOptimizer("" if wraps else _like(given["like"]), "clips" in given and _flag(given["clips"]))


def _like(item: Item) -> str:
    names = {name.lower(): name for name in KERAS}
    name = names.get(_text(item).lower())
    if name is None:
        raise item.error(f"Keras has no optimizer {item.value!r}{_near(item.value.lower(), names)}", item.value)
    return name


# -- messages -------------------------------------------------------------------------------------------------------------


def _near(word: str, known: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f": did you mean {close[0]}?" if close else ""


def _described(value: object) -> str:
    names: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    if isinstance(value, Mapping):
        return "a table"
    name = names.get(type(value), "a date or time")
    return f"{name} ({value!r})" if isinstance(value, int | float | str) and len(repr(value)) <= 40 else name


KEYS: dict[str, Callable[[Item], Any]] = {
    "plugins": _texts,
    "select": _rules,
    "extend-select": _rules,
    "ignore": _rules,
    "per-file-ignores": _per_file,
    "exclude": _patterns,
    "extend-exclude": _patterns,
    "force-exclude": _flag,
    "pedantic": _flag,
    "min-confidence": _confidence,
    "fail-on": _severity,
    "target-tensorflow": _version,
    "target-keras": _version,
    "max-learning-rate": _rates,
    "vocabulary": _vocabulary,
}
"""Key -> what reads its value."""
