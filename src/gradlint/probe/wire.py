"""What goes between the probe's parent and its child: the request, the events and the result. WIRE.md tells the story.

The child runs the user's code, so nothing that it writes is believed before `decode` has checked it. The child does not
import this module (it runs in the user's interpreter); tests hold what it writes to these types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

VERSION = 1
EXIT_DONE = 77
"""Exit status of a child that wrote a result and stopped the script (`os._exit`, so that no `except:` can stop it)."""


class Reason(Enum):
    """Why the child ended."""

    STEPS_DONE = "steps-done"
    """The asked steps were measured."""
    SCRIPT_ENDED = "script-ended"
    """The script reached its end before the asked steps were taken."""
    SCRIPT_EXITED = "script-exited"
    """The script called `sys.exit`."""
    SCRIPT_RAISED = "script-raised"
    """The script's own exception."""
    NEEDS_INPUT = "needs-input"
    """The script called `input()`."""
    NEEDS_ARGUMENTS = "needs-arguments"
    """The script's argument parser refused the command line."""
    NO_TENSORFLOW = "no-tensorflow"
    """TensorFlow could not be imported in the chosen interpreter."""
    KILLED = "killed"
    """Written after every step in case no later one comes: the process ended without the probe's doing."""
    CHILD_FAILED = "child-failed"
    """The probe itself failed; `error` holds its traceback."""


class Level(Enum):
    """How closely a step was looked at."""

    FULL = "full"
    WATCHED = "watched"
    """Loss, global norm and finiteness only."""


class Phase(Enum):
    """Where in a step the first non-finite number was born."""

    DATA = "data"
    """It came in: a constant or an input was not finite before any operation."""
    FORWARD = "forward"
    BACKWARD = "backward"
    """The loss was finite, a gradient was not."""
    CLIPPED = "clipped"
    """The tape's gradients were finite, those handed to the optimizer were not."""
    UPDATE = "update"
    """All gradients were finite, the updated weights were not."""


# --- parent -> child ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """What to load instead of a file: its text with instruments in it, line numbers kept."""

    hash: str
    """SHA-256 (hex) of the file's bytes. A file that has changed since is loaded as it is, and a note says so."""
    source: str


@dataclass(frozen=True)
class Operand:
    """One instrumented expression; the rewritten source calls `__gradlint_operand__(<index in operands>, <expression>)`."""

    path: str
    line: int
    column: int
    role: str
    """log, sqrt, exp, division, power, reward, target ...: a free word. "reward" also asks for the replay with
    normalised rewards."""


@dataclass(frozen=True)
class Request:
    """Everything the child is told, as JSON in the file that is its only argument."""

    script: str | None
    """Absolute path of the script (or of the notebook, whose code is then in `sources`); None when `module` is given."""
    module: str | None
    """Name for `python -m`."""
    result: str
    """Where the result file is to appear, atomically."""
    events: str
    """File to append events to, one JSON object per line."""
    root: str
    """Absolute path of the project: files below it are the user's (installed packages below it are not)."""
    argv: tuple[str, ...] = ()
    """The script's own arguments, without its name."""
    steps: int = 1
    """Fully instrumented updates, of each optimizer."""
    watch: int = 4
    """Further lightly watched updates, of each optimizer."""
    seed: int | None = None
    device: str = "cpu"
    """cpu hides every GPU from TensorFlow; gpu leaves them alone."""
    replay: bool = True
    replay_steps: int = 5
    sharpness_limit: int = 10_000_000
    """Most parameters for which the sharpness is estimated."""
    replay_seconds: float = 30.0
    """Of one optimizer's replay: after so long nothing further is tried."""
    sources: dict[str, Source] = field(default_factory=dict)
    """Absolute path -> what to load instead."""
    operands: tuple[Operand, ...] = ()
    version: int = VERSION


# --- child -> parent: events -------------------------------------------------------------------------------------


class Doing(Enum):
    """What the child is doing from now on."""

    STARTED = "started"
    IMPORTING = "importing"
    """`detail` names the package."""
    WAITING = "waiting"
    """The script runs; no update so far."""
    STEP = "step"
    """An update was measured: `step`, `optimizer`, `loss`, `global_norm` are set."""
    REPLAYING = "replaying"
    """`detail` says what: the self-check, a trajectory, the sharpness."""
    FINISHED = "finished"
    """The result file is complete; `detail` is the reason."""


@dataclass(frozen=True)
class Event:
    """One line of the events file."""

    doing: Doing
    time: float
    """Seconds since the child started."""
    memory: int | None
    """Resident memory of the child in bytes, None where it cannot be told."""
    detail: str = ""
    step: int | None = None
    optimizer: int | None = None
    loss: float | None = None
    global_norm: float | None = None


# --- child -> parent: the result ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """A line of the user's code."""

    path: str
    line: int
    function: str


@dataclass(frozen=True)
class Error:
    """An exception, told as the user would see it without the probe."""

    type: str
    message: str
    traceback: str
    site: Site | None
    """Innermost line of the user's own code."""


@dataclass(frozen=True)
class Versions:
    """What the script ran on. None: not imported."""

    python: str
    tensorflow: str | None
    keras: str | None
    tf_keras: str | None
    numpy: str | None


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    import_tensorflow: float
    """Before the script started, so that the hooks are in place."""
    to_first_update: float | None
    """From the script's first line to its first update, without the instruments."""
    instruments: float
    """Measuring, without the replay."""
    replay: float
    total: float


@dataclass(frozen=True)
class Tried:
    """What came by, so that "no training step reached" can be explained."""

    hooks: tuple[str, ...]
    """What was hooked."""
    optimizers: int
    """Constructed."""
    gradient_calls: int
    apply_calls: int
    session_runs: int
    train_runs: int
    """Session runs that reached a training operation."""


@dataclass(frozen=True)
class Optimizer:
    """Something that updates weights. Steps refer to it by its index."""

    name: str
    """Class name; "assign" for updates by hand (`w.assign_sub(...)` of a variable that a tape differentiated)."""
    module: str
    created: Site | None
    learning_rate: float | None
    settings: dict[str, float | bool | str | None]
    """momentum, nesterov, clipnorm, global_clipnorm, clipvalue, gradient_accumulation_steps, loss_scale ..."""
    updates: int
    """Updates that were seen."""
    inner_of: int | None = None
    """Index of the loss-scaling optimizer that wraps this one and is counted in its stead."""


@dataclass(frozen=True)
class Sites:
    """Where a step happened in the user's code."""

    created: Site | None
    gradient: Site | None
    applied: Site | None


@dataclass(frozen=True)
class Variable:
    """One variable in one fully instrumented step. Norms are Euclidean."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    raw: float | None
    """Norm of what the tape gave; None: no gradient, or the tape was not seen."""
    clipped: float | None
    """Norm of what was handed to the optimizer: after the user's own clipping."""
    applied: float | None
    """Norm after the optimizer's own clipping."""
    max_abs: float | None
    """Largest finite magnitude in the raw gradient."""
    nan: int
    inf: int
    """NaN and infinite numbers in the raw gradient (the clipped one where the tape was not seen)."""
    weight_norm: float
    """Before the update."""
    update_norm: float | None
    """Norm of what the update added; None for a step that only accumulated."""
    update_ratio: float | None
    """update_norm / weight_norm; None where the weights were all zero."""
    zero_initialised: bool
    """All weights were zero before the update."""
    headroom_bits: float | None
    """log2(largest number of the gradient's dtype / max_abs): doublings left before overflow."""


@dataclass(frozen=True)
class LossScale:
    """Loss scaling around a step (mixed precision)."""

    before: float
    after: float
    skipped: bool
    """The update was skipped because a gradient was not finite."""


@dataclass(frozen=True)
class Step:
    """One update of one optimizer."""

    index: int
    """Counts from 1, separately for each optimizer."""
    optimizer: int
    level: Level
    loss: float | None
    """The loss whose gradient `raw` is, unscaled; accumulated ones are added, or averaged where their gradients were.
    None where it could not be told."""
    learning_rate: float | None
    """In effect for this update (schedules evaluated)."""
    global_norm_raw: float | None
    global_norm_clipped: float | None
    global_norm_applied: float | None
    weight_norm: float | None
    update_norm: float | None
    update_ratio: float | None
    secant: float | None
    """norm(g2 - g1) / norm(w2 - w1) against the optimizer's step before; None for the first."""
    finite: bool
    """Loss, gradients and updated weights are all finite."""
    sites: Sites
    variables: tuple[Variable, ...]
    """Empty for a watched step."""
    tapes: int
    """Gradient computations that went into this update: above 1 with accumulation by hand."""
    micro_steps: int
    """Calls of the optimizer that only accumulated before this update (gradient_accumulation_steps)."""
    replicas: int
    loss_scale: LossScale | None


@dataclass(frozen=True)
class Range:
    """What a tensor held."""

    origin: str
    """Where it came from: "variable dense/kernel", "Sub at train.py:12", "data"."""
    shape: tuple[int, ...]
    dtype: str
    low: float | None
    high: float | None
    """Over the finite numbers; None where there are none."""
    zeros: int
    nan: int
    inf: int


@dataclass(frozen=True)
class NonFinite:
    """The first non-finite number of a step."""

    optimizer: int
    step: int
    phase: Phase
    operation: str | None
    """TensorFlow's name of the operation, such as Log."""
    site: Site | None
    inputs: tuple[Range, ...]
    output: Range | None
    forward_operation: str | None
    """For the backward phase: the forward operation whose derivative it is, where that is known."""
    forward_site: Site | None
    """Its line."""
    variables: tuple[str, ...]
    """Variables whose gradient or value it reached."""


@dataclass(frozen=True)
class Headroom:
    """The largest finite magnitude among all tensors of one narrow dtype (float16, bfloat16) in one pass of a step."""

    optimizer: int
    step: int
    dtype: str
    phase: Phase
    """FORWARD or BACKWARD."""
    max_abs: float
    bits: float
    """log2(largest number of the dtype / max_abs)."""
    operation: str
    site: Site | None


@dataclass(frozen=True)
class Recurrent:
    """Gradients through time of one recurrent layer in one step."""

    layer: str
    cell: str
    optimizer: int
    step: int
    time_steps: int
    norms: tuple[float, ...]
    """norm(dL/dh_t), t from the first time step to the last."""
    growth: float | None
    """Factor per step backwards in time: exp(-slope of log norms over t)."""
    total: float | None
    """norms[0] / norms[-1]."""
    states: int
    """State tensors per time step that were measured (2 for LSTM: h and c)."""


@dataclass(frozen=True)
class OperandRange:
    """What an instrumented expression held, over the whole run."""

    operand: int
    """Index into the request's operands."""
    calls: int
    symbolic: int
    """Calls with a tensor that has no value yet (a graph being built)."""
    shape: tuple[int, ...] | None
    """Of the last call."""
    dtype: str | None
    low: float | None
    high: float | None
    mean: float | None
    std: float | None
    """Over the finite numbers of all calls."""
    smallest: float | None
    """Smallest magnitude."""
    count: int
    zeros: int
    negative: int
    nan: int
    inf: int


@dataclass(frozen=True)
class Trajectory:
    """The loss while the user's optimizer takes steps on the recorded batch."""

    name: str
    """as-is, clip-1, lr/10, lr=1/secant, normalised-rewards."""
    learning_rate: float | None
    losses: tuple[float, ...]
    """Before the first step, then after each; ends early at the first non-finite loss."""
    norms: tuple[float, ...]
    """Global norm of the gradient at each point where one was computed."""
    exact: bool
    """False where the user's clipping is only approximated by the norm it let pass."""
    note: str


@dataclass(frozen=True)
class Sharpness:
    """Eigenvalues of the loss's Hessian on this batch (Lanczos)."""

    largest: float
    smallest: float
    iterations: int
    limit: float | None
    """Largest stable learning rate of the user's optimizer, 2 / sharpness for SGD, (2 + 2 * momentum) / sharpness with
    momentum (Cohen et al. 2021); None where no such limit is known (Adam and others)."""


@dataclass(frozen=True)
class Skipped:
    """Something that was not measured, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Replay:
    """One recorded step, run again as a function of its weights."""

    optimizer: int
    step: int
    trusted: bool
    """The replayed loss equals the observed one (relative 1e-4)."""
    why: str
    """Why it is not trusted; empty otherwise."""
    observed: float | None
    replayed: float | None
    operations: int
    parameters: int
    trajectories: tuple[Trajectory, ...]
    sharpness: Sharpness | None
    skipped: tuple[Skipped, ...]
    seconds: float
    secant: float | None = None
    """norm(g1 - g0) / norm(w1 - w0) along as-is: the same batch, so without the noise of batches."""


@dataclass(frozen=True)
class Result:
    """Everything that was measured. Nothing in it is a judgement."""

    reason: Reason
    error: Error | None
    exit_code: int | None
    """The script's own, where it called `sys.exit`."""
    versions: Versions
    timing: Timing
    tried: Tried
    optimizers: tuple[Optimizer, ...]
    steps: tuple[Step, ...]
    """In the order in which they happened."""
    non_finite: tuple[NonFinite, ...]
    recurrent: tuple[Recurrent, ...]
    operands: tuple[OperandRange, ...]
    replays: tuple[Replay, ...]
    skipped: tuple[Skipped, ...]
    """What was not measured in the whole run, and why."""
    headroom: tuple[Headroom, ...] = ()
    version: int = VERSION
