"""GL801 raw-pixels."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Images, Noted, TrainingModel, Where
from gradlint.rule import Match, rule


@rule("GL801", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def raw_pixels(model: TrainingModel) -> Iterator[Match]:
    """Images reach a network with pixel values up to 255."""
    sources: dict[Where, list[Images]] = {}
    for images in model.images:
        sources.setdefault(images.source, []).append(images)
    for source, (first, *others) in sources.items():
        by = "model(...)" if first.method == "__call__" else first.method
        yield Match(
            source,
            f"{first.what} go into {by} with values up to {first.largest:g}: activations and gradients of the first layers"
            " are that much larger than the initial weights are made for",
            "divide them by 255.0, or begin the network with keras.layers.Rescaling(1 / 255)",
            first.confidence,
            (
                Noted(first.sink, "here they enter the network"),
                *(Noted(other.sink, "and here") for other in others),
                *((first.normalised,) if first.normalised is not None else ()),
            ),
            Severity.INFO if first.normalised is not None else None,
        )
