"""The outline for the one minute that an on-call engineer has: what decides, and what to do next.

Nothing is changed in meaning, only left out, and every omission is counted or pointed to. Withheld advice is never
among what is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from explainer.render import wording
from explainer.render.brief_facts import brief_rows
from explainer.render.compose import VERDICT_TONES, bullets, by_query, framed, summary, withheld
from explainer.render.outline import (
    Badge,
    Block,
    Bullets,
    Cite,
    Command,
    Config,
    Entry,
    Inline,
    Line,
    Outline,
    Para,
    Prose,
    Row,
    Rows,
    Section,
    Value,
    Words,
)
from explainer.render.provenance import explained_by
from explainer.render.steps import before, fill_in, first_steps, is_grave, marks
from explainer.schema.knowledge import STAGES, Stage
from explainer.schema.report import Action, Claim, Evidence, HypothesisView, Report

_CLAIMS = 6
_CLAIMS_ROOM = 480
_UNKNOWNS = 4
_WARNINGS = 3
_VALUE = 44
_REASON = 200


@dataclass(frozen=True)
class Whole:
    """Where a reader of the brief view finds what it leaves out. Our own words."""

    there: str = "--full"
    everything: str = "--full, or --as json"


TERMINAL = Whole()


def compose_brief(report: Report, whole: Whole = TERMINAL) -> Outline:
    """The report as a short outline; ``compose`` has the whole.

    Args:
        report: a verified report.
        whole: where the rest of it is.
    """
    sections = (
        Section("summary", "", summary(report)),
        Section("alert", wording.FACTS, (Rows(brief_rows(report.alert)),)),
        Section("warnings", wording.WARNINGS, _warnings(report.alert.warnings)),
        Section("claims", wording.CLAIMS, _claims(report)),
        Section("hypotheses", wording.HYPOTHESES, _hypotheses(report)),
        Section("unknowns", wording.UNKNOWNS, _unknowns(report)),
        Section("steps", wording.STEPS, _steps(report, whole)),
        Section("not-advised", wording.NOT_ADVISED, _not_advised(report.not_advised)),
        Section("withheld", wording.WITHHELD, withheld(report)),
        Section("rest", "", _rest(report, whole)),
    )
    return framed(report, sections, compact=True)


def _dim(text: str) -> Words:
    return Words(text, "dim")


def _more(count: int, noun: str) -> tuple[Block, ...]:
    return (Para((_dim(f"and {count} more {noun}{'' if count == 1 else 's'}"),)),) if count > 0 else ()


def _warnings(texts: tuple[str, ...]) -> tuple[Block, ...]:
    return (*bullets(texts[:_WARNINGS]), *_more(len(texts) - _WARNINGS, "warning"))


# --- what it rests on --------------------------------------------------------------------------


def _claims(report: Report) -> tuple[Block, ...]:
    known = {one.id: one for one in reversed(report.evidence)}
    alert = report.alert
    # What stands whole in the facts above, or beside an earlier claim, is named and not written out again.
    shown = {text for text in (alert.process.cmdline if alert.process else None, alert.object) if text}
    lines: list[Line] = []
    room = _CLAIMS_ROOM
    for claim in report.claims[:_CLAIMS]:
        room -= len(claim.text)
        if room < 0 and lines:
            break
        origin: Line = (Words(" "), Badge(wording.ORIGINS["model"], "dim")) if claim.origin == "model" else ()
        lines.append((Prose(claim.text), *_grounds(claim, known, shown), *origin))
    if not lines:
        return ()
    return (Bullets(tuple(lines)), *_more(len(report.claims) - len(lines), "claim"))


def _grounds(claim: Claim, known: dict[str, Evidence], shown: set[str]) -> Iterator[Inline]:
    """The cited evidence itself; of knowledge, whose words the claim repeats, no more than that it is knowledge."""
    parts: list[Line] = []
    for name in dict.fromkeys(claim.cites):
        one = known.get(name)
        if one is None:
            parts.append((Cite((name,)),))
        elif one.kind != "knowledge":
            parts.append(_ground(one, shown))
    if not parts and claim.cites:
        parts.append((_dim(wording.EVIDENCE_KINDS["knowledge"]),))
    for index, part in enumerate(parts):
        yield _dim("; " if index else " [")
        yield from part
    if parts:
        yield _dim("]")


def _ground(one: Evidence, shown: set[str]) -> Line:
    path = Value(one.path.removeprefix("output_fields.").removeprefix("output."), tone="dim")
    if not one.value or (one.value in shown and len(one.value) > _VALUE // 2):
        return (path,)
    shown.add(one.value)
    return (path, _dim(" = "), Value(one.value, limit=_VALUE, tone="dim"))


def _leading(report: Report) -> HypothesisView | None:
    alive = [one for one in report.hypotheses if not one.refuted]
    fitting = [one for one in alive if one.verdict == report.verdict.value and one.supports]
    return next(iter([*fitting, *(one for one in alive if one.supports)]), None)


def _hypotheses(report: Report) -> tuple[Block, ...]:
    lines: list[Line] = []
    for one in report.hypotheses:
        verdict = Words(wording.VERDICTS[one.verdict], "dim" if one.refuted else VERDICT_TONES[one.verdict])
        count = f" · for {len(one.supports)} / against {len(one.against)}"
        out: Line = (Words(" "), Badge("ruled out", "dim")) if one.refuted else ()
        lines.append((verdict, Words(": "), Prose(one.title or one.id), _dim(count), *out))
    leading = _leading(report)
    settle: tuple[Block, ...] = ()
    if leading is not None and leading.settle:
        settle = (Para((Words("Would settle it: ", "strong"), Prose(leading.settle))),)
    return (Bullets(tuple(lines)), *settle) if lines else ()


def _unknowns(report: Report) -> tuple[Block, ...]:
    """Questions that one query answers stand together above it."""
    blocks: list[Block] = []
    left = len(report.unknowns)
    for query, questions in by_query(report.unknowns):
        if left <= len(report.unknowns) - _UNKNOWNS:
            break
        left -= len(questions)
        line: list[Inline] = []
        for one in questions:
            line += [_dim(" · "), Prose(one.question)] if line else [Prose(one.question)]
        own: tuple[Block, ...] = (Command(query),) if query else ()
        blocks.append(Entry((Words("? "), *line), (), own))
    return (*blocks, *_more(left, "question"))


# --- what to do --------------------------------------------------------------------------------


def _steps(report: Report, whole: Whole) -> tuple[Block, ...]:
    """Steps in the report's own order, numbered as they stand here: a gap would read as a step that is missing."""
    kept, grave = first_steps(report), is_grave(report)
    blocks: list[Block] = [_step(report.actions[place], shown) for shown, place in enumerate(sorted(kept), start=1)]
    numbered = list(enumerate(report.actions))
    checks = [place for place, action in numbered if action.stage == "investigate"]
    left = len(checks) - len(kept & set(checks))
    later = [(stage, [a for n, a in numbered if a.stage == stage and n not in kept]) for stage in STAGES]
    titled = [_stage(stage, actions) for stage, actions in later if actions and stage not in ("investigate", "tune")]
    more = f"{left} more check{'' if left == 1 else 's'}" if left else ""
    if titled:
        later_words = f"{wording.LATER_THEN if grave else wording.LATER_UNLESS} (commands: {whole.there}):"
        blocks.append(Para((Words(f"{more}; {later_words[0].lower()}{later_words[1:]}" if more else later_words),)))
    else:
        blocks += _more(left, "check")
    return (*blocks, *titled, *_tuning(report, len(kept) + 1))


def _stage(stage: Stage, actions: Iterable[Action]) -> Block:
    titles = [action.title for action in actions]
    line: list[Inline] = [Words(f"  {wording.STAGES[stage]} ({len(titles)}): ")]
    for index, title in enumerate(titles):
        line += [_dim("; "), Prose(title, "dim")] if index else [Prose(title, "dim")]
    return Para(tuple(line), one_line=True)


def _step(action: Action, number: int) -> Block:
    place = wording.PLACES.get(action.where or "")
    where: Line = (_dim(f" ({place})"),) if place and action.where != "kubectl" else ()
    # Looking is the rule, so it is not marked; whatever changes something keeps all its marks and its condition.
    signs = tuple(sign for sign in marks(action) if sign.text not in ("read-only", "can be undone"))
    blocks: list[Block] = []
    if not action.read_only:
        blocks += before(action)
    if any("." in said.split(">", 1)[0] for said in action.fill_in):
        # What the alert should have told is not to be guessed from the placeholder's name.
        blocks += fill_in(action)
    if action.command:
        blocks.append(Command(action.command))
    if action.config:
        blocks.append(Config(action.config))
    return Entry((Prose(action.title, "strong"), *where), signs, tuple(blocks), number)


def _tuning(report: Report, number: int) -> tuple[Block, ...]:
    if report.verdict.value != "benign":
        return ()
    action = next((one for one in report.actions if one.stage == "tune" and one.config), None)
    if action is None:
        return ()
    blocks: list[Block] = []
    leading = _leading(report)
    if action.precondition and not (leading and leading.settle and leading.settle in action.precondition):
        blocks.append(Para((Words("Before: ", "strong"), Prose(action.precondition))))
    if action.config:
        blocks.append(Config(action.config))
    return (Entry((Words(wording.TUNE_LATER), Prose(action.title, "strong")), (), tuple(blocks), number),)


def _not_advised(texts: tuple[str, ...]) -> tuple[Block, ...]:
    return bullets(_advice(text) for text in texts)


def _advice(text: str) -> str:
    """What not to do, without the reason; a colon within brackets or code belongs to what is named there."""
    at = -1
    while (at := text.find(": ", at + 1)) >= 0:
        before = text[:at]
        if before.count("(") == before.count(")") and before.count("`") % 2 == 0:
            return before
    return text.rstrip(".")


# --- small print -------------------------------------------------------------------------------


def _rest(report: Report, whole: Whole) -> tuple[Block, ...]:
    blocks: list[Block] = []
    removed = report.removed_claims
    if removed:
        said = "1 statement of the model was" if len(removed) == 1 else f"{len(removed)} statements of the model were"
        reason = Prose(removed[0].reason[:_REASON].rstrip(". "))
        them = "shows it" if len(removed) == 1 else "lists them"
        blocks.append(Para((Words(f"{said} removed: "), reason, Words(f"; {whole.there} {them}"))))
    rows: list[Row] = []
    if report.attack:
        line: list[Inline] = []
        for one in report.attack:
            line += [Words(", ")] if line else []
            line += [Value(one.technique), Words(" ")] if one.technique else []
            # "Boot or Logon Autostart Execution: Kernel Modules and Extensions": the part after the colon tells.
            line.append(Prose(one.name.rpartition(": ")[2]))
        rows.append(Row(Words("ATT&CK"), tuple(line)))
    return (
        *blocks,
        *((Rows(tuple(rows)),) if rows else ()),
        _provenance(report),
        Para((_dim(f"Everything: {whole.everything}"),)),
    )


def _provenance(report: Report) -> Block:
    source = report.provenance
    line: list[Inline] = [_dim(f"Explained by {explained_by(source.origin, report.verdict.origin)}")]
    model = source.model_answered or source.model
    # Whoever was asked and did not write this is named as asked, not beside the one who wrote it.
    unused = source.origin == "knowledge"
    asked = [text for text in (source.backend, model, source.prompt) if text and not (unused and text == "knowledge")]
    for index, text in enumerate(asked):
        line += [_dim(" · asked: " if unused and index == 0 else " · "), Value(text, tone="dim")]
    if source.cache_hit:
        line.append(_dim(" · from the cache"))
    if source.cost_usd is not None:
        line.append(_dim(f" · {source.cost_usd:.6g} USD"))
    if source.latency_ms is not None:
        line.append(_dim(f" · {source.latency_ms:,.0f} ms"))
    line += [_dim(" · version "), Value(source.product_version, tone="dim")]
    return Para(tuple(line), one_line=True)
