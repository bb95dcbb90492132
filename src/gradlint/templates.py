"""The texts of a new rule. It is a real one, about momentum, so that there is something whole to change."""

CHECK = '''"""$code $name."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

MOST = 0.999
"""The highest momentum that is not reported: with it a gradient has half its weight left after 693 steps."""


@rule("$code", severity=Severity.WARNING, predicts=Symptom.OVERSIZED_UPDATE)
def $function(model: TrainingModel) -> Iterator[Match]:
    """The momentum is so high that old gradients hardly fade."""
    for optimizer in model.optimizers:
        if optimizer.momentum > MOST:
            left = optimizer.momentum**100
            yield Match(
                optimizer.where,
                f"with momentum {optimizer.momentum:g} a gradient still has {left:.0%} of its weight after 100 steps",
                "use 0.9, or at most 0.99",
                Confidence.HIGH,
            )
'''

PAGE = """# $name ($code)

The momentum is so high that old gradients hardly fade.

## What it does

Reports optimizers whose momentum is above 0.999.

`gradlint new-rule` has written this rule as a beginning. The query is the loop in `$check`: make it find what you look
for, and then say so in the first line of its docstring, under the title above, and in the sections and examples of this page.

## Why is this bad

Momentum is the share of the last step that goes into the next one. At 0.9999 a gradient has 99 % of its weight left after 100
steps, and all that time it pushes the weights on, wherever the gradients point by then.

## Example

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.SGD(1e-5, momentum=0.9999), loss="mse")  # finding
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
```

## Use instead

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.SGD(1e-3, momentum=0.9), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
```

### Not flagged

A momentum that could not be followed:

```python
import sys

import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.SGD(1e-3, momentum=float(sys.argv[1])), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
```

## What the probe looks for

Updates that stay long while the gradients are small.

## When to ignore it

Where a schedule lowers the momentum later.

## Sources

The definition of momentum: the weight of a gradient after n steps is the momentum to the power of n.
"""

TEST = '''"""$name: what it reports, and what it leaves alone."""

import pytest

from gradlint.testing import check

PROGRAM = """import sys

import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.SGD(1e-5, momentum={momentum}), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""


@pytest.mark.parametrize(
    ("momentum", "lines"),
    [("0.9999", [6]), ("0.999", []), ("0.9", []), ("float(sys.argv[1])", [])],
)
def test_findings(momentum: str, lines: list[int]) -> None:
    report = check(PROGRAM.format(momentum=momentum)$plugins)
    assert not report.problems
    assert [finding.span.line for finding in report.findings if finding.code == "$code"] == lines
'''

TEST_OF_PAGES = '''"""The pages of this plugin: their examples show what they say."""

import pytest

from gradlint.testing import PageExample, check_example, page_examples


@pytest.mark.parametrize("example", page_examples("$plugin"), ids=str)
def test_example(example: PageExample) -> None:
    check_example(example)
'''

PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "Rules for gradlint"
requires-python = ">=3.10"
dependencies = ["gradlint"]

[project.entry-points."$group"]
$plugin = "$package"

[tool.hatch.build.targets.wheel]
packages = ["src/$package"]
"""
