"""GL802 dataframe-nan."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, Table, TrainingModel, Where
from gradlint.rule import Match, rule


@rule("GL802", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def dataframe_nan(model: TrainingModel) -> Iterator[Match]:
    """A table that pandas reads goes into training, and nothing looks for missing values."""
    sources: dict[Where, list[Table]] = {}
    for table in model.tables:
        sources.setdefault(table.source, []).append(table)
    for source, (first, *others) in sources.items():
        if any(table.checked for table in (first, *others)):
            continue
        yield Match(
            source,
            f"what {first.reader} returns goes into training without a look for missing values: an empty cell is NaN,"
            " and NaN in a batch becomes NaN in the weights",
            "drop or fill them, or stop: assert not frame.isna().any().any()",
            Confidence.MEDIUM,
            (Noted(first.sink, "here it enters the network"), *(Noted(other.sink, "and here") for other in others)),
        )
