"""Why a run ended, in words: for the user, and for findings that it left untested."""

from __future__ import annotations

import signal

from gradlint.observed import first_line
from gradlint.probe.options import Options
from gradlint.probe.supervisor import Ending, Outcome
from gradlint.probe.symptoms import Locate
from gradlint.probe.wire import Doing, Event, Reason, Result


def missing(options: Options, outcome: Outcome, result: Result | None, last: Event | None) -> str:
    """Why less was seen than was asked for; empty if it was all seen."""
    stopped = _stopped(options, outcome, last)
    if stopped:
        return stopped
    if result is None or result.reason is Reason.KILLED:
        return _vanished(outcome)
    told = _told(result, options)
    if told or result.reason not in (Reason.STEPS_DONE, Reason.SCRIPT_ENDED, Reason.SCRIPT_EXITED):
        return told
    if all(step.index == 1 for step in result.steps) and not any(replay.trusted for replay in result.replays):
        return "one step alone says too little, and it could not be replayed: ask for more with --watch"
    return ""


def idle(result: Result, locate: Locate) -> str:
    """Optimizers that made no update: of target networks, of later phases, or never used; empty if there are none."""
    found = [each for each in result.optimizers if not each.updates and each.inner_of is None]
    places = [(each.name, locate(each.created)) for each in found]
    named = [f"{name} (created at {spot.path}:{spot.line})" if spot else name for name, spot in places]
    return f"{', '.join(named)} made no update meanwhile" if named else ""


def _stopped(options: Options, outcome: Outcome, last: Event | None) -> str:
    during = f" while {doing(last)}" if last is not None else ""
    if outcome.ending is Ending.TIMEOUT:
        return f"the time limit of {options.timeout:g} s was reached{during} (--timeout sets it)"
    if outcome.ending is Ending.MEMORY:
        return f"the memory limit was reached{during}: {size(outcome.peak_memory)} in use (--memory sets it)"
    return ""


def _vanished(outcome: Outcome) -> str:
    """The process is gone and the child has not said why."""
    if outcome.returncode < 0:
        return f"the process was ended by {_signal(-outcome.returncode)}"
    return f"the process ended with exit code {outcome.returncode} by itself (os._exit, or a crash)"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _told(result: Result, options: Options) -> str:
    error = result.error
    words = f"{error.type}: {first_line(error.message)}" if error is not None else ""
    match result.reason:
        case Reason.SCRIPT_RAISED:
            return f"the script raised {words}"
        case Reason.NEEDS_INPUT:
            return "the script asks for input, and a probe has none to give"
        case Reason.NEEDS_ARGUMENTS:
            return f"the script refuses its command line ({words or 'arguments are missing'}): give them behind --"
        case Reason.NO_TENSORFLOW:
            return f"TensorFlow cannot be imported ({words}): name the interpreter that you train with, --python"
        case Reason.CHILD_FAILED:
            return f"the probe itself failed: {words}"
        case Reason.SCRIPT_EXITED if not result.steps:
            return f"the script called sys.exit({result.exit_code}) without an update"
        case Reason.SCRIPT_ENDED if not result.steps:
            return "the script came to its end without an update"
    return ""


def tried(result: Result) -> str:
    """What came by, where no update did."""
    seen = result.tried
    return (
        f"watched {', '.join(seen.hooks) or 'nothing'}; saw {seen.optimizers} optimizers made, "
        f"{seen.gradient_calls} gradients computed, {seen.apply_calls} calls to apply them, "
        f"{seen.session_runs} session runs ({seen.train_runs} of them training)"
    )


def doing(event: Event) -> str:
    """What the child is doing, for a sentence that begins with "while" and for the progress line."""
    match event.doing:
        case Doing.STARTED:
            return "starting"
        case Doing.IMPORTING:
            return f"importing {event.detail or 'TensorFlow'}"
        case Doing.WAITING:
            return "waiting for the first update"
        case Doing.STEP:
            return f"training (step {event.step})"
        case Doing.REPLAYING:
            return f"replaying ({event.detail})" if event.detail else "replaying"
        case Doing.FINISHED:
            return "ending"


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / (1 << 30):.1f} GB" if count >= 1 << 30 else f"{count >> 20} MB"
