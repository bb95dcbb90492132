"""Update sites as they are written, and what became of each: understood, explained, or missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradlint.model import TrainingModel, Where
from gradlint.reader.ir import Attr, Call, Const, ModuleIR, Name
from gradlint.reader.walk import walk

METHODS = frozenset(
    {
        "apply_gradients",
        "minimize",
        "compile",
        "get_updates",
        "assign_sub",
        "compute_gradients",
        "apply",
        "train_on_batch",
    }
)
_NO_CALLER = ("has no caller in the project", "no call of compile was seen")


@dataclass(frozen=True, slots=True)
class Site:
    """One call that may bring gradients to weights."""

    where: Where
    kind: str


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a site. `resolvable`: its optimizer is made inside the project, as far as one can see."""

    site: Site
    status: str
    reason: str | None
    resolved: bool
    resolvable: bool


def sites(module: ModuleIR) -> Iterator[Site]:
    """The update sites of a file, as a token search would find them."""
    if METHODS.isdisjoint(module.names):
        return
    for node in walk(module):
        if (
            isinstance(node, Call)
            and isinstance(node.func, Attr)
            and node.func.name in METHODS
            and _counts(node, node.func)
        ):
            yield Site(Where(module.path, node.loc), node.func.name)


def _counts(node: Call, func: Attr) -> bool:
    name = func.name
    keywords = {argument.name for argument in node.args}
    owner = func.obj.id if isinstance(func.obj, Name) else func.obj.name if isinstance(func.obj, Attr) else ""
    if name == "compile":
        return owner not in ("re", "torch", "regex", "sre_compile") and bool(
            keywords & {"optimizer", "loss"} or node.args
        )
    if name == "apply":
        return "opt" in owner.lower()
    if name == "minimize":
        return owner not in ("optimize", "scipy", "lmfit") and not (node.args and isinstance(node.args[0].value, Const))
    return name != "train_on_batch"


class SiteBook:
    """Collects what the programs understood of each site."""

    def __init__(self) -> None:
        self._known: dict[Where, tuple[bool, str | None, bool, bool]] = {}
        self._seen: dict[Where, str] = {}
        self._idle: dict[Where, str] = {}

    def add(self, model: TrainingModel) -> None:
        """Note the updates of one program; the best understanding of a site counts."""
        for update in model.updates:
            reason = update.optimizer_unknown or update.gradients_unknown
            resolved = update.optimizer_unknown is None
            outside = bool(update.optimizer_unknown) and any(
                text in str(update.optimizer_unknown) for text in _NO_CALLER
            )
            new = (reason is None, reason, resolved, not outside)
            old = self._known.get(update.where)
            if old is None or (new[0], new[2]) > (old[0], old[2]):
                self._known[update.where] = new

        self._idle.update({gap.where: gap.reason for gap in model.unfollowed if gap.what == "update"})

    def saw(self, calls: dict[Where, str]) -> None:
        """Note the calls that were evaluated at all."""
        self._seen.update(calls)

    def status(self, site: Site) -> Status:
        """What is known of one site."""
        known = self._known.get(site.where)
        if known is not None:
            understood, reason, resolved, resolvable = known
            return Status(site, "understood" if understood else "explained", reason, resolved, resolvable)
        if site.where in self._idle:
            return Status(site, "explained", self._idle[site.where], False, False)
        if site.where in self._seen:
            if site.kind in ("assign_sub", "compute_gradients", "compile", "apply"):
                return Status(site, "understood", None, True, False)
            return Status(site, "explained", "it does not apply gradients of an optimizer", False, False)
        return Status(site, "explained", "no program reaches it", False, False)
