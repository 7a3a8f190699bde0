# ruff: noqa: ARG001  (one signature for all functions of a kind)
# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: SIM103  (clearer as it stands)
"""Who is told to do it? Decided after something was found, from the words around it.

A prohibition, a quotation of the attacker, a finding, a detection rule or a search is no advice; a warning that ends in the
instruction all the same is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Prohibition that stands before what is prohibited. "do not hesitate", "not only" and their like are none.
_NOT_BEFORE = re.compile(
    r"\b(?:(?:do|does|did|should|must|shall|may|can|could|would|will|need|ought)(?:\s+(?:we|"
    r"you|i|they|anyone|anybody|one))?\s*(?:n['o]t|not)\b(?!\s+(?:only|hesitate|forget|worry|"
    r"be afraid|wait|delay|work|start|load|help|stop|succeed|clear|boot|want|have time|apply|"
    r"come|respond|change|matter|need to worry|mind|just))"
    r"|don['’]?t\b(?!\s+(?:hesitate|forget|worry|be afraid|wait|delay|want|have|mind|need|"
    r"work|just|think|see|know))|cannot\b|can['’]?t\b(?!\s+(?:wait|start|load|reach|"
    r"be\s+\w+ed\s*,))|mustn['’]t|shouldn['’]t|won['’]t\b(?!\s+(?:start|load|work|boot|help|"
    r"come))"
    r"|never\b(?!\s+mind)|avoid(?:s|ed|ing)?\b|refrain(?:s|ed|ing)?\b|resist(?:s|ed|ing)?\b|"
    r"instead of|rather than|in place of|as opposed to|without(?=\s+\w+ing\b|\s*$|\s+`)|no "
    r"need (?:to|for)|not necessary to"
    r"|no reason to|nobody (?:should|may|is to)|no[- ]?one (?:should|may|is to)|refus(?:e|es|"
    r"ed|ing) to|declin(?:e|es|ed|ing)|reject(?:s|ed)?\b|forbid(?:s|den)?|forbade|"
    r"prohibit(?:s|ed)?|bann?(?:s|ed)?\b|disallow(?:s|ed)?"
    r"|not (?:to|a reason to|an excuse to|advis\w+ to|recommended to|acceptable to|ok(?:ay)? "
    r"to|safe to|a licen[cs]e to|grounds to)\b|neither|nor\b|prevents?\b|wrong to|mistake to|"
    r"dangerous to|unsafe to|tempt(?:ed|ing|ation) to|stop (?:short of|suggesting|"
    r"recommending|telling|disabling|using|running)|against\b|discourag\w+|anti-?patterns?\b|"
    r"no longer\b|keep from|steer clear of|advice (?:such as|like) .{0,40}is wrong|unlike|bad "
    r"idea|not by\b|no .{0,25}(?:is|are) (?:needed|required|necessary|allowed|permitted)|"
    r"hands off|leave .{1,60}(?:on|alone|running|enabled|in place|as (?:it|they) (?:is|are))\b"
    r"|(?:niemals|nicht|kein(?:e|en|esfalls|er)?|vermeide\w*|statt|anstatt|nie)\b|(?:ne|"
    r"n['’])\s*\w+\s+(?:pas|jamais)|jamais\b|éviter|evitez|évitez|au lieu de|sans\s+\w+er\b|"
    r"(?:no|nunca|jamás|evite|evitar|en lugar de|en vez de)\s+(?=\w+)(?:\w+\s+)?(?:ejecut|us|"
    r"desactiv|deshabilit|hag|apag|borr|pong|deten|abr)\w*|nunca|não\b|nunca\b|evite|mai\b|"
    r"evitare|non\s+\w+(?:are|ere|ire)\b|никогда|нельзя|не\s+\w+)",
    re.I,
)
_NOT_AFTER = re.compile(
    r"\b(?:(?:is|are|was|were|be|being|remains?)\s+(?:never|not|no\b|n['o]t|wrong|forbidden|"
    r"prohibited|banned|dangerous|unsafe|out of (?:the question|bounds|scope)|off[- ]limits|"
    r"disallowed|ruled out|unacceptable|a mistake|a bad idea|the wrong|an? anti|discouraged|"
    r"harmful|how (?:intruders|attackers)|reckless|no option|off the table|what (?:the "
    r")?(?:attacker|intruder|adversar))|isn['’]t|aren['’]t|must (?:not|never)|should (?:not|"
    r"never)|shouldn['’]t|mustn['’]t|may not|cannot be|can['’]t be|will not|won['’]t|would "
    r"(?:not|never|blind|destroy|hide|hand|remove|only|also|leave|wipe|lose|erase|mask|make "
    r"(?:it|things|matters|us)|defeat|expose|open|give|let|break|cost|put|disable|take|turn|"
    r"kill|mean|cut|lock)|does not|do not|doesn['’]t|don['’]t|did not|never\b|solves? nothing|"
    r"fix(?:es)? nothing|help(?:s)? nobody|hides? the|destroys?|blinds?|rules? out|ruled out|"
    r"has no place|have no place|no longer|not (?:recommended|advised|acceptable|needed|"
    r"necessary|required|an option|allowed|permitted|appropriate|the answer|the fix|a fix|a "
    r"solution|supported|part of)|violates?|defeats?|(?:is|are) (?:things?|what) "
    r".{0,60}(?:rul|forbid|avoid|not)\w*|makes? (?:it|things|matters) worse|leaves? (?:us|the "
    r"host|you) (?:blind|open|exposed|without)|we (?:said no|declined|refused)|was (?:refused|"
    r"rejected|declined|denied|reverted)|were (?:refused|rejected|declined|reverted)|should "
    r"be (?:refused|rejected|removed|deleted|reverted|avoided)|=\s*(?:bad|wrong|no)|: (?:no|"
    r"never|don['’]t)\b|\?\s*(?:no|never|nein|non)\b|verboten|nicht\b|kein(?:e)?\b|interdit|"
    r"prohibid[oa]|proibid[oa])",
    re.I,
)
# After one of these the sentence turns from warning to instruction.
_TURN = re.compile(
    r"\b(?:but|however|except(?:ion)?|unless|still|nevertheless|nonetheless|yet|this time|in "
    r"this (?:case|situation|instance)|for (?:this|now|today)|today|here we|just this once|"
    r"that said|in practice|normally|usually|generally|ordinarily|as a rule|in general|under "
    r"normal|ideally|aber|jedoch|trotzdem|ausnahmsweise|mais|cependant|pero|sin embargo|mas\b|"
    r"porém)\b",
    re.I,
)
_IMPERATIVE = (
    r"run|execute|use|apply|type|issue|enter|set|add|try|do|put|launch|invoke|start|simply|"
    r"just|please|then|first|with|via|by|using|"
    r"go ahead(?: and)?|paste|install|load|deploy|create|save|write|append|configure|change|"
    r"switch|turn|disable|enable|stop|remove|delete|drop|kill|clear|wipe|flush|open|grant|"
    r"give|make|patch|edit|roll out|push|schedule|"
    r"recommend\w*|suggest\w*|should|must|need to|have to|can|could|may|fix is|solution is|"
    r"workaround is|fastest way is|remedy is|trick is|easiest is|best to|step is|führe?n?|"
    r"verwende\w*|setze\w*|nutze\w*|beende\w*|exécutez|lancez|utilisez|désactivez|ejecute|"
    r"ejecuta|use|desactive|execute|rode|esegui\w*|usa"
)
_TOLD_BEFORE = re.compile(rf"(?:^|[\s,;:(])(?:{_IMPERATIVE})\W*(?:\w+\W+){{0,3}}\W*$", re.I)
_CLAUSE_TOLD = re.compile(
    rf"(?:[;:.]|,\s*(?:so|then|and|just|simply|instead|but)?|\b(?:and|then|so|instead|but|please|simply|just|must|should|to)\b|—|–)\s*(?:please\s+|simply\s+|just\s+|then\s+|instead\s+|now\s+|temporarily\s+|today\s+|you (?:should|can|must)\s+)*(?:{_IMPERATIVE})\b",
    re.I,
)
_PAST = (
    r"ran|executed|spawned|launched|invoked|issued|typed|attempted|tried|used|dropped|called|"
    r"started|stopped|disabled|removed|deleted|added|cleared|wiped|flushed|loaded|created|"
    r"performed|wrote|changed|modified|set off|turned off|switched off|opened|"
    r"pasted|downloaded|fetched|piped|replayed|entered|left|planted|hid|installed|injected|"
    r"mounted|granted|edited|scheduled"
)
_EVIDENCE = re.compile(
    rf"\b(?:attackers?|intruders?|adversar(?:y|ies)|threat actors?|actor|malware|miner|crypto-?miner|implant|botnet|worm|dropper|rootkit|ransomware|web ?shell|backdoor|hackers?|apt\d*|red team|pentest\w*|operator['’]s history|the (?:script|sample|payload|process|container|user|shell|session|parent|child|binary|job|ticket|colleague|vendor|guide|blog|tutorial|article|engineer|contractor|admin(?:istrator)?|chatbot|assistant|model|previous (?:report|shift|responder)))\b[^.;]{{0,80}}\b(?:{_PAST}|had|was|were|runs|executes|tries|issues|contains|shows|says|suggest(?:s|ed)|told|recommend(?:s|ed)|asks|asked|proposed)\b"
    rf"|\b(?:was|were|been|being|got)\s+(?:\w+ly\s+)?(?:{_PAST}|observed|seen|recorded|logged|found|recovered|detected|captured|reported|run|done|noticed|set|put|turned|switched|reverted|rolled back|overwritten)\b"
    r"|\b(?:cmdline|command[- ]line|proc\.\w+|parent(?: process)?[: ]|bash_history|shell "
    r"history|history (?:shows|contains|lists|file|of)|audit (?:log|trail|"
    r"record)s?\s+(?:shows?|contains?|has|have|records?)|(?:log|alert|event|trace|timeline|"
    r"record|capture|transcript|telemetry|output|entry|entries|finding|report|screenshot|"
    r"auditd|falco|sysdig|edr|siem)s?\s+(?:shows?|contains?|lists?|records?|recorded|saw|"
    r"logged|fired|reads?|has|caught|reported|flagged|matched|raised|include[sd]?|says?|"
    r"reported|quotes?|triggered)|recovered|quoted|verbatim|(?:as|in|for) evidence\b(?! "
    r"store)|evidence:|observed|we (?:saw|found|see|observed|noticed)|i (?:saw|found)|"
    r"indicators?|ioc|t1\d{3}|mitre|att&ck|post-?mortem|retrospective|last (?:year|month|week|"
    r"time|night|spring|summer|quarter)|yesterday|earlier today|in (?:19|20)\d\d|at "
    r"\d\d?:\d\d|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|someone (?:ran|had|did|"
    r"executed)|somebody (?:ran|had|did)|triggered by|caused by|typical (?:of|for)|known "
    r"(?:to|for)|which is what|as used by|technique|impair(?:ing)? defen[cs]es)\b",
    re.I,
)
_DETECTION = re.compile(
    r"\b(?:alert(?:s|ed|ing)? (?:on|when|if|for|whenever|fires)|fires whenever|detect(?:s|ed|"
    r"ing|ion)?\b|fires? (?:on|when|if|for)|match(?:es|ing)?\b|hunt(?:s|ing)?\b|search(?:es|"
    r"ed|ing)? (?:for|the)|look(?:s|ing)? for|grep(?:s|ping)?\b|scan(?:s|ning)? for|"
    r"watch(?:es|ing)? for|query|queries|sigma|yara|flag(?:s|ged)? (?:any|every|all|uses|"
    r"calls|when)|signature|pattern|regex|monitor(?:s|ing)? (?:for|calls|use)|rule (?:fires|"
    r"covers|catches|that)|triggers? (?:on|when|if)|catch(?:es)? (?:every|any|all|calls|use)|"
    r"verify that (?:no|nobody|none)|make sure (?:that )?(?:no|nobody|none)|confirm that "
    r"(?:no|nobody|none)|check (?:that|whether|if)|whether|audit for|block(?:s|ed|ing)? "
    r"(?:every|any|all|calls|requests|attempts)|den(?:y|ies)\b|lint(?:s|er)? (?:for|rejects)|"
    r"should print nothing|returns? nothing|simulat\w+|dry[- ]run)\b",
    re.I,
)
_REFERENCE = re.compile(
    r"\b(?:see (?:also )?(?:man|the man|`man)|manual page|man page|documented|documentation "
    r"(?:of|for)|means|explains?|describes?|stands for|read about|refers? to|reference|"
    r"glossary|definition)\b",
    re.I,
)
_LAB = re.compile(
    r"\b(?:(?:in|on|inside|within|of|for|from|down) (?:the |a |an |your |our |this )?(?:\w+[- "
    r"]){0,3}(?:lab\b|labs\b|sandbox|disposable|throw-?away|detonation|malware-analysis|test "
    r"?bed|kind cluster|minikube|scratch (?:vm|cluster|host|machine)|analysis (?:vm|sandbox|"
    r"machine)|isolated (?:vm|machine|lab|guest|network|test)|air-?gapped (?:vm|lab|"
    r"analysis))|lab (?:only|vm|machine|host|cluster)|disposable (?:\w+ )?(?:vm|cluster|"
    r"machine|container|kind|instance|environment)|throw-?away (?:\w+ )?(?:vm|cluster|machine|"
    r"container|instance)|isolated (?:\w+ )?(?:lab|vm|sandbox))",
    re.I,
)
_NOT_LAB = re.compile(
    r"\b(?:not (?:in|a|on) (?:the |a )?(?:lab|sandbox)|prod(?:uction)?\b(?! data)|live "
    r"(?:host|node|cluster|server)|no lab)",
    re.I,
)
_PSEUDO = re.compile(
    r"\b(?:pseudo-?(?:code|config\w*|yaml|rule|syntax)|not (?:real|actual|valid) (?:syntax|"
    r"falco|config\w*|yaml)|illustrat(?:ive|ion) only|does not exist|do not exist|doesn['’]t "
    r"exist|no such (?:command|flag|option|key|sub-?command|file|thing)|made[- ]up|invented|"
    r"bogus|fictitious|is not a (?:real|valid)|hallucinat\w+|sketch (?:only|of)|(?:falco|it|"
    r"which) (?:rejects|refuses|ignores))\b",
    re.I,
)
_HEAD_EVIDENCE = re.compile(
    r"\b(?:evidence|timeline|observ\w+|ioc|iocs|indicators?|what happened|findings?|att&ck|"
    r"mitre|root cause|post-?mortem|lessons|attacker\w*|intruder\w*|command history|history|"
    r"artefacts?|artifacts?|raw (?:event|alert|log)\w*|event (?:details|data)|alert "
    r"(?:details|data|fields)|process tree|chronolog\w+|seen|captured|transcript|technique|"
    r"adversary|source|sample|background|quoted?|detail|cmdline|process|behaviou?r|tactic|"
    r"log)\b",
    re.I,
)
_HEAD_DONT = re.compile(
    r"(?:\b(?:do not|don['’]?t|dont|never|avoid|wrong|bad|anti-?patterns?|not to do|forbidden|"
    r"prohibited|pitfalls?|mistakes?|rejected|refused|out of scope|unsafe|instead of|myths?|"
    r"not allowed|what not|common errors|tempting|before|old|not|no|nicht|ne pas|nunca|risky|"
    r"dangerous)\b|❌|✗|🚫|⛔|👎)",
    re.I,
)
_HEAD_DETECT = re.compile(
    r"\b(?:detect\w*|hunting|hunt|detection|query|queries|sigma|yara|signatures?|"
    r"search(?:es)?|what to look for|look for|monitoring for|alerts? on|rule condition|test "
    r"cases?|guardrails?)\b",
    re.I,
)
_HEAD_ACTION = re.compile(
    r"\b(?:remediat\w+|mitigat\w+|actions?|fix(?:es)?|steps?|recommend\w+|response|contain\w*|"
    r"eradicat\w+|recover\w*|workaround|solution|resolution|next|how to|what to do|do this|"
    r"command to run|run|do|use|instead|after|procedure|playbook|runbook)\b",
    re.I,
)
_COMMENT_DONT = re.compile(
    r"\b(?:do not run|don['’]?t run|never run|do not|don['’]t|never|wrong|bad|not this|unsafe|"
    r"insecure|refused|rejected|avoid|example of what not|attacker|intruder|observed|evidence|"
    r"captured|recovered|from the (?:log|history|alert)|quoted|pseudo|simulat|for reference|"
    r"was:|before:|old:|removed|illegal)\b",
    re.I,
)
_ANAPHORA_NOT = re.compile(
    r"^\W*(?:(?:never|do not|don['’]t|nobody should) (?:run|do|use|apply|copy|follow|paste)|"
    r"(?:this|that|the (?:above|snippet|block|command|script|config\w*|line|rule|code)|these|"
    r"it|both|all (?:of )?(?:them|these|three|four)|the (?:\w+ )?(?:commands|"
    r"lines))\b[^.]{0,80}\b(?:must not|should not|is not|are not|isn['’]t|was|were|is what "
    r"the (?:attacker|intruder)|came from|belongs? to|would (?:blind|destroy|hide|remove|"
    r"leave|have|wipe)|do(?:es)? not exist|is (?:wrong|forbidden|dangerous|how attackers|an "
    r"example of what not|rejected|bogus|invented|attacker|the attacker|evidence|quoted)|are "
    r"(?:wrong|forbidden|dangerous|rejected|evidence|quoted)|looks? like|decodes?|stood|"
    r"appeared|ran|shows?))",
    re.I,
)
_LEAD_ADVICE = re.compile(
    rf"\b(?:{_IMPERATIVE}|fix|fixes|resolves?|solution|workaround|recommended|remediation|apply|following (?:command|config)\w*|like this|as follows|in order to)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The words around one finding."""

    before: str
    """The sentence up to the finding (code masked)."""
    after: str
    """The rest of the sentence."""
    following: str = ""
    """The next sentence or two."""
    preceding: str = ""
    """The sentence before."""
    leads: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    column: str = ""
    row: tuple[str, ...] = ()
    comments: str = ""
    """Comments directly above the line, in code."""
    after_block: str = ""
    is_block: bool = False
    found: str = ""
    """The words of the finding itself."""
    is_prose: bool = False
    """The finding is words, not code."""


def last_sentence(text: str) -> str:
    """The end of a paragraph that introduces what follows."""
    parts = [p for p in re.split(r"(?<=[.!?])\s+(?=[A-Z`*\"(])", text.strip()) if p.strip()]
    return parts[-1] if parts else ""


def is_told(around: Surroundings) -> bool:
    """Whether the reader is told to do what was found."""
    if around.column:
        verdict = _by_column(around)
        if verdict is not None:
            return verdict
    if around.is_block:
        return _block_told(around)
    return _inline_told(around)


def _by_column(around: Surroundings) -> bool | None:
    head = around.column
    if _HEAD_DONT.search(head) and not re.search(r"\bdo\b(?!n| not)", head, re.I):
        return False
    if _HEAD_DETECT.search(head) or (_HEAD_EVIDENCE.search(head) and not _HEAD_ACTION.search(head)):
        return False
    first = around.row[0].strip() if around.row else ""
    if re.match(
        r"^\W*(?:do not|don['’]?t|never|avoid|bad|wrong|no\b|forbidden|rejected|✗|❌|observed|evidence|attacker)",
        first,
        re.I,
    ):
        return False
    others = " ".join(around.row)
    if re.search(
        r"(?:^|\s)(?:never|forbidden|rejected|refused|not allowed|prohibited|do not|don['’]t|✗|❌)(?:\s|$|[.,;])",
        others,
        re.I,
    ) and not _HEAD_ACTION.search(head):
        return False
    return None


def _negated(before: str, after: str, following: str) -> bool | None:
    """True: prohibited; False: a warning that turns into the instruction; None: neither."""
    # "not X; run Y instead": the prohibition ends where the next clause tells something.
    last = None
    for match in _NOT_BEFORE.finditer(before):
        last = match
    if last is not None:
        between = before[last.end() :]
        if re.match(
            r"(?:instead of|rather than|in place of|statt|anstatt|au lieu de|en lugar de|en vez de)",
            last.group(0),
            re.I,
        ):
            if not re.search(
                r",|\b(?:use|run|do|set|execute|apply|try|we|you|just|simply)\b",
                re.sub(r"^\s*\w+ing\b", "", between),
                re.I,
            ):
                return True
        elif _TURN.search(between) or _CLAUSE_TOLD.search(between.split(" or ")[-1] if False else between):
            return False if _TURN.search(between) else None
        else:
            return not bool(
                re.search(
                    r"\b(?:but|however|except|unless|still)\b[^.]*\b(?:today|this time|now|here|this (?:once|"
                    r"case)|go ahead|do it|run it|is fine|is ok|is acceptable|we (?:will|need))",
                    after,
                    re.I,
                )
            )
    hit = _NOT_AFTER.search(after[:220])
    if hit is not None and not re.search(
        r"^[^.]{0,60}\b(?:until|so that|because|if|when|while|which|that|damit|weil|denn|afin|"
        r"pour que|para que|so|to)\b",
        after[: hit.start()],
        re.I,
    ):
        tail = after[hit.end() :]
        if _TURN.search(tail) and re.search(
            r"\b(?:run|do|use|apply|it anyway|go ahead|fine|acceptable|okay?|justified|needed|necessary)\b", tail, re.I
        ):
            return False
        return True
    return None


_GERUND = re.compile(r"^\W*\w+ing\b", re.I)
_REMEDY = re.compile(
    r"\b(?:fix(?:es)?|resolv\w+|solv\w+|clear(?:s)?|helps?|cures?|gets? (?:rid|around|you)|"
    r"makes? (?:the|it) (?:alert|error|noise|denial)\w* (?:go|stop)|stops? the|is (?:the "
    r")?(?:quickest|fastest|simplest|easiest|best|enough|sufficient|fine|ok|recommended|the "
    r"way|what you)|will (?:fix|resolve|solve|stop|clear|help)|should (?:fix|resolve|solve|"
    r"stop|clear|help)|restores?|unblocks?|works?)\b",
    re.I,
)


_HEAD_NEVER = re.compile(
    r"\b(?:not to do|do not|don['’]?ts?\b|never|avoid|anti-?patterns?|forbidden|prohibited|must not|rejected|refused)\b",
    re.I,
)


def _refuses(heading: str) -> bool:
    """Whether everything below a heading is something not to do."""
    if _HEAD_NEVER.search(heading) and not re.search(r"\bdos?\b (?:and|&|/)", heading, re.I):
        return True
    return bool(_HEAD_DONT.search(heading)) and not _HEAD_ACTION.search(heading)


def _inline_told(around: Surroundings) -> bool:
    before, after = around.before, around.after
    if around.is_prose and not before and _GERUND.match(around.found) and not _REMEDY.search(after):
        # "Turning X off would …" describes; only a remedy turns it into advice.
        return False
    if _PSEUDO.search(before + " x " + after) or _PSEUDO.search(around.following[:160]):
        return False
    negated = _negated(before, after, around.following)
    if negated is True:
        if re.search(
            r"^\W*(?:however|but|in this (?:case|situation)|today|this time|still|that said|"
            r"nevertheless|here)\b[^.]{0,160}\b(?:run|do|use|apply|go ahead|needed|necessary|required|"
            r"justified|acceptable|only way|fix|exception|it is fine)\b",
            around.following,
            re.I,
        ):
            return True
        return False
    if negated is False:
        return True
    nearby = re.sub(r"\W+$", "", before)[-60:]
    if re.search(rf"\b(?:{_PAST})\s*(?:the (?:command|following)\s*)?$", nearby, re.I) and not re.search(
        r"\b(?:to be|should be|must be|can be|be)\s+\w+$", nearby, re.I
    ):
        return False
    if re.search(
        r"\b(?:see|man|about|cf\.?|refer to|documented in|manual (?:page )?(?:for|of))\W*$", nearby, re.I
    ) or re.search(r"^man\b", before.strip(), re.I):
        return False
    if re.search(
        r"\b(?:undo|reverts?|revert(?:ed|ing)?|roll(?:s|ing|ed)? back|reverse|remove|clean up|"
        r"replace[sd]?|find out who|who|why|when|how|investigate why|ask (?:who|why)|"
        r"explain)\b[^,;:]{0,50}$",
        before,
        re.I,
    ) and not _TOLD_BEFORE.search(before[-25:]):
        return False
    if re.search(
        r"\?\s*(?:no|never|certainly not|absolutely not|definitely not|nein|non)\b",
        after + " " + around.following[:60],
        re.I,
    ):
        return False
    strong = _TOLD_BEFORE.search(before) or re.match(
        r"^\W*(?:please\s+|then\s+|first\s+|next\s+|now\s+)?$", before, re.I
    )
    clause = re.split(r"[;:—]|, (?:so|then|and|but)\b|\b(?:so|then|therefore|hence)\b", before)[-1]
    tells = bool(_TOLD_BEFORE.search(clause))
    if _DETECTION.search(clause) or (_DETECTION.search(before) and not tells):
        return False
    if _EVIDENCE.search(clause) or (_EVIDENCE.search(before) and not tells):
        return False
    if not tells and (_EVIDENCE.search(after[:140]) or _REFERENCE.search(before + after)):
        return False
    if (
        not tells
        and around.preceding
        and re.search(r"\b(?:do not|never|avoid) (?:any|all|one) of (?:these|the following)", around.preceding, re.I)
    ):
        return False
    for lead in around.leads:
        if _lead_refuses(lead):
            return False
    if not strong:
        heading = around.headings[-1] if around.headings else ""
        if (
            heading
            and not _HEAD_ACTION.search(heading)
            and (_HEAD_EVIDENCE.search(heading) or _HEAD_DETECT.search(heading))
        ):
            return False
        if _ANAPHORA_NOT.search(around.following):
            return False
        if re.search(
            r"^\W*(?:these|those|this|that|none of|all of)\b.{0,60}\b(?:ruled? out|forbidden|not allowed|prohibited)",
            around.following,
            re.I,
        ):
            return False
    heading = around.headings[-1] if around.headings else ""
    return not (heading and _refuses(heading))


def _lead_refuses(lead: str) -> bool:
    """Whether the words that introduce a block make it something not to do."""
    sentence = last_sentence(lead)
    if _PSEUDO.search(sentence):
        return True
    last = None
    for match in _NOT_BEFORE.finditer(sentence):
        last = match
    if last is not None:
        tail = sentence[last.end() :]
        turned = (
            _TURN.search(tail)
            or _CLAUSE_TOLD.search(tail)
            or re.search(r"[,;]\s*(?:\w+\s+){0,3}(?:run|use|do|apply|set|add|following)\b|\bwithout\b", tail, re.I)
        )
        turned_before = _TURN.search(sentence[: last.start()]) and re.search(r"\b(?:but|however|today)\b", tail, re.I)
        if not turned and not turned_before and re.search(r":\s*$|\b(?:these|following|below|this|any of)\b", sentence):
            return True
        if not turned and len(sentence) < 60:
            return True
    if re.search(
        r"\b(?:attacker|intruder|adversary|malware|miner|dropper|hacker|threat actor|sample|"
        r"implant)['’]?s?['’]? (?:\w+ ){0,3}\w+:\s*$",
        sentence,
        re.I,
    ):
        return True
    told = re.search(
        r"\b(?:run|execute|use|apply|add|set|do|try|fix|deploy|roll out|save|configure|so|"
        r"therefore|put|paste|install|push|block|stop|restore|undo|clean)\b[^.]*:?\s*$",
        sentence,
        re.I,
    )
    past = _EVIDENCE.search(sentence)
    detect = _DETECTION.search(sentence)
    if past and (
        not told
        or past.start() > told.start()
        or re.search(r"\b(?:attacker|intruder|was|were)\b[^.]{0,40}:\s*$", sentence, re.I)
    ):
        return True
    if detect and (
        not told or detect.start() < told.start() or re.search(r"\bto (?:detect|find|alert|hunt)", sentence, re.I)
    ):
        return not re.search(r"\bwhether\b|\bcheck (?:that|if)\b", detect.group(0), re.I) or not told
    return False


def _block_told(around: Surroundings) -> bool:
    if around.comments:
        last = around.comments
        if _COMMENT_DONT.search(last) and not re.search(r"\b(?:but|however|today|anyway)\b", last, re.I):
            return False
    for lead in around.leads[-2:]:
        if _lead_refuses(lead):
            return False
    if around.after_block and _ANAPHORA_NOT.search(around.after_block):
        return False
    heading = around.headings[-1] if around.headings else ""
    lead = around.leads[-1] if around.leads else ""
    if heading and not (lead and _LEAD_ADVICE.search(last_sentence(lead))):
        if _refuses(heading):
            return False
        if (_HEAD_EVIDENCE.search(heading) or _HEAD_DETECT.search(heading)) and not _HEAD_ACTION.search(heading):
            return False
    return True


def in_lab(*texts: str) -> bool:
    """Whether the text says that this is for a disposable, isolated environment."""
    joined = " ".join(texts)
    return _LAB.search(joined) is not None and _NOT_LAB.search(joined) is None


def is_pseudo(*texts: str) -> bool:
    """Whether the text marks what it shows as no real syntax."""
    return any(_PSEUDO.search(text) for text in texts)
