"""What one configuration file, or the command line, says; None where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradlint.config import Settings
from gradlint.finding import Confidence, Severity
from gradlint.vocabulary.own import OwnNames

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one layer. Layers that come later win."""

    plugins: Texts | None = None
    select: Texts | None = None
    extend_select: Texts | None = None
    ignore: Texts | None = None
    per_file_ignores: Mapping[str, Texts] | None = None
    exclude: Texts | None = None
    extend_exclude: Texts | None = None
    force_exclude: bool | None = None
    pedantic: bool | None = None
    min_confidence: Confidence | None = None
    fail_on: Severity | None = None
    target_tensorflow: str | None = None
    target_keras: str | None = None
    max_learning_rate: Mapping[str, float] | None = None
    """Normalised optimizer name -> the highest rate that is not reported."""
    vocabulary: OwnNames | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    """Field -> where it is written."""


def of_command_line(settings: Settings) -> Options:
    """What the options of the command line say."""
    given = {
        "select": settings.select or None,
        "extend_select": settings.extend_select or None,
        "ignore": settings.ignore or None,
        "exclude": settings.exclude or None,
        "extend_exclude": settings.extend_exclude or None,
        "force_exclude": settings.force_exclude or None,
        "pedantic": settings.pedantic or None,
        "min_confidence": settings.min_confidence,
        "fail_on": settings.fail_on,
        "target_tensorflow": settings.target_tensorflow,
        "target_keras": settings.target_keras,
    }
    if settings.pedantic and settings.min_confidence is None:
        given["min_confidence"] = Confidence.LOW
    return Options(
        **given,  # type: ignore[arg-type]
        places={name: "command line" for name, value in given.items() if value is not None},
    )
