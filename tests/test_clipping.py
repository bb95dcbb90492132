"""What the reader tells of clipping: small variations of one program, with the findings of the clipping rules in them."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from gradlint import lint
from gradlint.finding import Confidence, Finding, Severity

CODES = {"GL102", "GL104", "GL105", "GL106", "GL107", "GL109", "GL110", "GL111"}
LOOP = """
import argparse
import math

import numpy as np
import tensorflow as tf
import tf_keras

{before}
model = tf.keras.Sequential([tf.keras.layers.Dense(16, activation="relu"), tf.keras.layers.Dense(1)])
variables = model.trainable_variables
optimizer = {optimizer}

for step in range(3):
    x, y = tf.random.normal([8, 3]), tf.random.normal([8, 1])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - model(x)))
    tf.debugging.check_numerics(loss, "loss")
    grads = tape.gradient(loss, variables)
{body}
"""
SGD = "tf.keras.optimizers.SGD(0.01)"
APPLY = "\noptimizer.apply_gradients(zip(grads, variables))"


def findings(body: str, optimizer: str = SGD, before: str = "") -> list[Finding]:
    text = LOOP.format(body=indent(dedent(body).strip(), "    "), optimizer=optimizer, before=dedent(before).strip())
    report = lint.check_text(text, "program.py")
    assert not report.problems
    return [each for each in (*report.findings, *report.hidden) if each.code in CODES]


def codes(body: str, optimizer: str = SGD, before: str = "") -> list[str]:
    return sorted(each.code for each in findings(body, optimizer, before))


# -- GL201 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clip", "high"), [("pass", True), ("grads, _ = tf.clip_by_global_norm(grads, 1.0)", False)])
def test_clipped_gradient_descent_bears_a_higher_rate(clip: str, high: bool) -> None:
    """In recurrent programs: the clip stands before the update, not in the optimizer."""
    text = LOOP.format(body=indent(clip + APPLY, "    "), optimizer="tf.keras.optimizers.SGD(0.1)", before="")
    report = lint.check_text(text.replace('Dense(16, activation="relu")', "LSTM(16)"), "program.py")
    assert ("GL201" in {each.code for each in report.findings}) is high


# -- GL104 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "optimizer.apply_gradients(zip(grads, variables))\ngrads = [tf.clip_by_norm(g, 1.0) for g in grads if g is not None]",
        "optimizer.apply(grads, variables)\nclipped, norm = tf.clip_by_global_norm(grads, 1.0)",
        "if step > 1:\n    optimizer.apply_gradients(zip(grads, variables))\ngrads, _ = tf.clip_by_global_norm(grads, 1.0)",
    ],
)
def test_clip_after_apply(body: str) -> None:
    assert codes(body) == ["GL104"]


@pytest.mark.parametrize(
    "body",
    [
        # the next pass applies it
        """
        if step > 0:
            optimizer.apply_gradients(zip(waiting, variables))
        waiting, _ = tf.clip_by_global_norm(grads, 1.0)
        """,
        # a second update gets it
        """
        optimizer.apply_gradients(zip(grads, variables))
        grads, _ = tf.clip_by_global_norm(grads, 1.0)
        optimizer.apply_gradients(zip(grads, variables))
        """,
        # weights, not gradients
        """
        optimizer.apply_gradients(zip(grads, variables))
        for weight in variables:
            weight.assign(tf.clip_by_value(weight, -0.01, 0.01))
        """,
        # either clipped or not
        """
        if step > 1:
            optimizer.apply_gradients(zip(grads, variables))
        else:
            grads, _ = tf.clip_by_global_norm(grads, 1.0)
            optimizer.apply_gradients(zip(grads, variables))
        """,
        # it goes into a variable that something may apply
        """
        optimizer.apply_gradients(zip(grads, variables))
        grads, _ = tf.clip_by_global_norm(grads, 1.0)
        for slot, g in zip(slots, grads):
            slot.assign_add(g)
        """,
    ],
)
def test_not_after_apply(body: str) -> None:
    found = codes(body, before="slots = [tf.Variable(tf.zeros([3, 16]))]")
    assert not {"GL102", "GL104"} & set(found)


# -- GL105, GL106 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clip", "severity"),
    [
        ("grads, _ = tf.clip_by_global_norm(grads, 0.0)", Severity.ERROR),
        ("grads, _ = tf.clip_by_global_norm(grads, clip_norm=np.inf)", Severity.ERROR),
        ("grads, _ = tf.clip_by_global_norm(grads, math.nan)", Severity.ERROR),
        ("grads, _ = tf.clip_by_global_norm(grads, -1)", Severity.WARNING),
        ("grads, _ = tf.clip_by_global_norm(grads, OFF)", Severity.INFO),
        ("grads = [None if g is None else tf.clip_by_norm(g, 0) for g in grads]", Severity.ERROR),
        ("grads = [None if g is None else tf.clip_by_value(g, 1.0, -1.0) for g in grads]", Severity.ERROR),
        ("grads = [None if g is None else tf.clip_by_value(g, 0.0, 0.0) for g in grads]", Severity.ERROR),
        ("grads = [None if g is None else tf.clip_by_value(g, -np.inf, np.inf) for g in grads]", Severity.WARNING),
    ],
)
def test_invalid_bounds_of_calls(clip: str, severity: Severity) -> None:
    (finding,) = findings(clip + APPLY, before="OFF = -1.0")
    assert (finding.code, finding.severity, finding.confidence) == ("GL105", severity, Confidence.HIGH)


@pytest.mark.parametrize(
    "clip",
    [
        "grads, _ = tf.clip_by_global_norm(grads, 1.0)",
        "grads, _ = tf.clip_by_global_norm(grads, unknown)",
        "grads, _ = tf.clip_by_global_norm(grads, [0.0, 1.0][step % 2])",
        "grads = [None if g is None else tf.clip_by_value(g, -LIMIT, LIMIT) for g in grads]",
        "grads = [None if g is None else tf.clip_by_norm(g, 100.0) for g in grads]",
        "if OFF > 0:\n    grads, _ = tf.clip_by_global_norm(grads, OFF)",
        "if OFF:\n    grads, _ = tf.clip_by_global_norm(grads, OFF)",
        "if args.clip > 0:\n    grads, _ = tf.clip_by_global_norm(grads, args.clip)",
        "if 0 < args.clip:\n    grads, _ = tf.clip_by_global_norm(grads, args.clip)",
        "if args.clip != 0:\n    grads, _ = tf.clip_by_global_norm(grads, args.clip)",
        "if args.clip is not None and args.clip > 0:\n    grads, _ = tf.clip_by_global_norm(grads, args.clip)",
        "if not args.clip <= 0:\n    grads, _ = tf.clip_by_global_norm(grads, args.clip)",
        "grads, _ = tf.clip_by_global_norm(grads, args.clip) if args.clip > 0 else (grads, None)",
        "moved = [tf.clip_by_value(v + g, -1e6, 1e6) for g, v in zip(grads, variables)]\nprint(moved)",
        "ratio = tf.clip_by_value(tf.linalg.global_norm(grads), 0.0, 1e5)\nprint(ratio)",
        "grads = [tf.math.l2_normalize(g, None, 0.0) for g in grads]",
    ],
)
def test_valid_bounds_of_calls(clip: str) -> None:
    before = """
        OFF = 0.0
        LIMIT = 5.0
        parser = argparse.ArgumentParser()
        parser.add_argument("--clip", type=float, default=0.0)
        args = parser.parse_args()
    """
    assert not {"GL105", "GL106"} & set(codes(clip + APPLY, before=before))


def test_a_default_of_a_command_line_is_less_sure() -> None:
    before = """
        parser = argparse.ArgumentParser()
        parser.add_argument("--clip", type=float, default=0.0)
        args = parser.parse_args()
    """
    (finding,) = findings("grads, _ = tf.clip_by_global_norm(grads, args.clip)" + APPLY, before=before)
    assert finding.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ("tf.keras.optimizers.SGD(0.01, clipnorm=0)", [Severity.WARNING]),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=OFF)", [Severity.INFO]),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=float('inf'))", [Severity.ERROR]),
        ("tf.keras.optimizers.SGD(0.01, clipvalue=np.inf)", [Severity.WARNING]),
        ("tf_keras.optimizers.legacy.SGD(0.01, clipnorm=0)", [Severity.ERROR]),
        ("tf_keras.optimizers.legacy.SGD(0.01, clipvalue=-1.0)", [Severity.ERROR]),
        ("tf_keras.optimizers.SGD(0.01, clipvalue=-1.0)", [Severity.WARNING]),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=None)", []),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=OFF or None)", []),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=OFF if OFF > 0 else None)", []),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=unknown)", []),
        ("tf.keras.optimizers.SGD(0.01, clipnorm=1.0)", []),
    ],
)
def test_bounds_of_optimizers(optimizer: str, expected: list[Severity]) -> None:
    found = findings(APPLY, optimizer, "OFF = 0.0")
    assert [(each.code, each.severity) for each in found] == [("GL105", severity) for severity in expected]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        ("grads, _ = tf.clip_by_global_norm(grads, 1e4)", [Severity.WARNING]),
        ("grads, _ = tf.clip_by_global_norm(grads, 500)", [Severity.INFO]),
        ("grads = [None if g is None else tf.clip_by_value(g, -1e4, 1e4) for g in grads]", [Severity.WARNING]),
        ("grads = [None if g is None else tf.clip_by_value(g, -1.0, 1e4) for g in grads]", []),
        ("grads = [None if g is None else tf.clip_by_value(g, unknown, 1e4) for g in grads]", []),
    ],
)
def test_huge_bounds(clip: str, expected: list[Severity]) -> None:
    found = findings(clip + APPLY)
    assert [(each.code, each.severity) for each in found] == [("GL106", severity) for severity in expected]


@pytest.mark.parametrize(
    ("loss", "huge"),
    [
        ("tf.reduce_sum(tf.square(y - model(x)))", False),
        ("tf.reduce_sum(tf.square(y - model(x))) + 0.1 * tf.add_n(model.losses)", False),
        ("tf.reduce_sum(tf.square(y - model(x))) / 8.0", True),
        ("tf.reduce_mean(tf.reduce_sum(tf.square(y - model(x)), axis=-1))", True),
    ],
)
def test_sums_have_large_gradients(loss: str, huge: bool) -> None:
    body = f"""
        with tf.GradientTape() as tape:
            loss = {loss}
        grads, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 4096.0)
        optimizer.apply_gradients(zip(grads, variables))
    """
    assert ("GL106" in codes(body)) is huge


# -- GL107 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=0.5)", [Severity.ERROR]),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, global_clipnorm=1.0)", [Severity.ERROR]),
        ("tf.keras.optimizers.Adam(clipnorm=np.random.random(), clipvalue=0.5)", [Severity.ERROR]),
        ("tf_keras.optimizers.Adam(clipnorm=1.0, clipvalue=0.5)", [Severity.WARNING]),
        ("tf_keras.optimizers.Adam(clipnorm=1.0, global_clipnorm=0.5)", [Severity.ERROR]),
        ("tf_keras.optimizers.legacy.Adam(clipnorm=1.0, clipvalue=0.5)", []),
        ("tf_keras.optimizers.legacy.Adam(clipnorm=1.0, global_clipnorm=0.5)", [Severity.ERROR]),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=None)", []),
        ("tf.keras.optimizers.Adam(clipnorm=unknown, clipvalue=other)", []),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=unknown.clip)", []),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=unknown['clip'])", []),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=unknown.get('clip'))", []),
        ("tf.keras.optimizers.Adam(clipnorm=1.0, clipvalue=float(unknown) if unknown else None)", []),
        ("tf.keras.optimizers.Adam(clipnorm=1.0)", []),
    ],
)
def test_several_keywords(optimizer: str, expected: list[Severity]) -> None:
    found = findings(APPLY, optimizer)
    assert [(each.code, each.severity) for each in found] == [("GL107", severity) for severity in expected]


# -- GL109 -------------------------------------------------------------------------------------------------------------


def test_keywords_that_exclude_each_other_in_the_code() -> None:
    before = """
        options = {}
        if unknown:
            options["clipnorm"] = 1.0
        else:
            options["clipvalue"] = 0.5

        def make(clipnorm=None, clipvalue=None, **more):
            return tf.keras.optimizers.Adam(clipnorm=clipnorm, clipvalue=clipvalue, **more)

        others = [make(clipnorm=1.0), make(clipvalue=0.5), make(global_clipnorm=1.0)]
    """
    assert not codes(APPLY, "tf.keras.optimizers.Adam(**options)", before)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("grads = [tf.clip_by_norm(g, 1.0) for g in grads]", True),
        ("grads = [tf.clip_by_value(g, -1.0, 1.0) for g in grads]", True),
        ("grads = list(map(lambda g: tf.clip_by_norm(g, 1.0), grads))", True),
        ("grads = [tf.clip_by_norm(g, 1.0) for g in grads if g is not None]", False),
        ("grads = [g if g is None else tf.clip_by_norm(g, 1.0) for g in grads]", False),
        ("grads = [tf.clip_by_norm(g, 1.0) if g is not None else tf.zeros_like(v) for g, v in zip(grads, variables)]", False),
        ("grads = [g for g in grads if g is not None]\ngrads = [tf.clip_by_norm(g, 1.0) for g in grads]", False),
        ("assert all(g is not None for g in grads)\ngrads, _ = tf.clip_by_global_norm(grads, 1.0)", False),
        ("grads, _ = tf.clip_by_global_norm(grads, 1.0)", False),
        ("grads = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)\n"
         "grads = [tf.clip_by_norm(g, 1.0) for g in grads]", False),
    ],
)  # fmt: skip
def test_none_gradients(body: str, expected: bool) -> None:
    assert ("GL109" in codes(body + APPLY)) is expected


# -- GL110 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("grads, _ = tf.clip_by_global_norm(grads, 1.0)", True),
        ("grads = [tf.clip_by_norm(g, 1.0) for g in grads]", False),
        ("grads, norm = tf.clip_by_global_norm(grads, 1.0)\ntf.debugging.assert_all_finite(norm, 'norm')", False),
        ("grads, norm = tf.clip_by_global_norm(grads, 1.0)\nif not norm < 1e6:\n    continue", False),
        ("norm = tf.linalg.global_norm(grads)\n"
         "grads = tf.cond(norm < 1e6, lambda: tf.clip_by_global_norm(grads, 1.0)[0], lambda: grads)", False),
    ],
)  # fmt: skip
def test_spread_nan(body: str, expected: bool) -> None:
    text = LOOP.format(body=indent(body + APPLY, "    "), optimizer=SGD, before="")
    report = lint.check_text(text.replace('tf.debugging.check_numerics(loss, "loss")', "pass"), "program.py")
    found = [each.code for each in (*report.findings, *report.hidden)]
    assert ("GL110" in found) is expected


# -- GL111 -------------------------------------------------------------------------------------------------------------

KERAS_3 = "tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.01))"
KERAS_2 = "tf_keras.mixed_precision.LossScaleOptimizer(tf_keras.optimizers.SGD(0.01))"
SCALED = """
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(y - model(x)))
    scaled = optimizer.{scale}(loss)
grads = tape.gradient(scaled, variables)
{more}
grads, _ = tf.clip_by_global_norm(grads, 1.0)
optimizer.apply_gradients(zip(grads, variables))
"""


@pytest.mark.parametrize(
    ("optimizer", "scale", "more", "expected"),
    [
        (KERAS_3, "scale_loss", "", True),
        (KERAS_2, "get_scaled_loss", "", True),
        ("make_optimizer()", "get_scaled_loss", "", True),
        (KERAS_2, "get_scaled_loss", "grads = optimizer.get_unscaled_gradients(grads)", False),
        (KERAS_3, "scale_loss", "grads = [g / optimizer.dynamic_scale for g in grads]", False),
        (KERAS_2, "get_scaled_loss", "from elsewhere import unscale\ngrads = unscale(optimizer, grads)", False),
        (KERAS_3, "scale_loss", "grads = [tf.multiply(g, 1 / 32768) for g in grads]", False),
        ("make_optimizer()", "scale_loss", "", False),
        (SGD, "scale_loss", "", False),
        (KERAS_2, "get_scaled_loss", "if mixed:\n    grads = optimizer.get_unscaled_gradients(grads)", False),
    ],
)
def test_scaled_gradients(optimizer: str, scale: str, more: str, expected: bool) -> None:
    assert ("GL111" in codes(SCALED.format(scale=scale, more=more), optimizer)) is expected


@pytest.mark.parametrize("keyword", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_keywords_of_the_wrapper(keyword: str) -> None:
    optimizer = f"tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.01), {keyword}=1.0)"
    assert codes(APPLY, optimizer) == ["GL111"]
    assert not codes(APPLY, optimizer.replace("1.0)", "None)"))
    inner = f"tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.01, {keyword}=1.0))"
    assert not codes(APPLY, inner)


CLIPPED_IF_ASKED = """
    import tensorflow as tf

    def bounded(pairs, limit=10):
        found = []
        for grad, var in pairs:
            found.append((tf.clip_by_norm(grad, limit), var))
        return found

    def setup(loss, clip=True):
        optimizer = tf.compat.v1.train.AdamOptimizer(0.001)
        pairs = optimizer.compute_gradients(loss)
        if clip:
            pairs = bounded(pairs)
        return optimizer.apply_gradients(pairs)
"""


def test_pairs_that_one_arm_clips_are_followed_through_both() -> None:
    report = lint.check_text(dedent(CLIPPED_IF_ASKED), "program.py")
    assert not {"GL101", "GL102"} & {each.code for each in (*report.findings, *report.hidden)}
