"""GL803 unscaled-features."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, Table, TrainingModel, Where
from gradlint.rule import Match, rule


@rule("GL803", severity=Severity.INFO, predicts=Symptom.EXPLODING)
def unscaled_features(model: TrainingModel) -> Iterator[Match]:
    """A table that pandas reads goes into training in the units that it was written in."""
    sources: dict[Where, list[Table]] = {}
    for table in model.tables:
        sources.setdefault(table.source, []).append(table)
    for source, tables in sources.items():
        if any(table.scaled for table in tables):
            continue
        yield Match(
            source,
            f"what {tables[0].reader} returns goes into training unscaled: a column of large numbers"
            " makes gradients that much larger",
            "scale the columns, e.g. with StandardScaler, or begin the network with an adapted keras.layers.Normalization",
            Confidence.MEDIUM,
            tuple(Noted(table.sink, "here it enters the network") for table in tables),
        )
