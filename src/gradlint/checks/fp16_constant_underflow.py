"""GL902 fp16-constant-underflow."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL902", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def fp16_constant_underflow(model: TrainingModel) -> Iterator[Match]:
    """A constant is 0 or infinite in float16, the type of the numbers beside it."""
    for constant in model.precision.constants:
        small = constant.becomes == "0"
        yield Match(
            constant.where,
            f"{constant.text} is {constant.becomes} in float16, the type of the numbers beside it: "
            + (
                "it keeps nothing away from 0"
                if small
                else "times 0 it is NaN, and so is a row of nothing else in softmax"
            ),
            "use 1e-4 or more, or cast to float32 first"
            if small
            else "use -6e4 or x.dtype.min, or cast to float32 first",
            Confidence.MEDIUM if constant.selects else Confidence.HIGH,
            (constant.half,),
            Severity.WARNING if constant.selects else None,
        )
