"""Words that carry no fact of their own, so that no evidence is needed for them. Reviewed word by word.

A word belongs here when no false sentence becomes possible by it: it names no happening, actor, motive, time, platform
or outcome. Verbs are few for that reason: what was done has to stand in the evidence. When in doubt, leave a word out;
a true sentence then falls, and the report says by which word.
"""

from __future__ import annotations

from explainer.verify.words import stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


FUNCTION = _stems(
    """
    a an the this that these those it its itself he she they them themselves their theirs his him her himself herself
    we our us you your i one ones such same other others another both each every all any some either neither nor no
    not none nothing nobody never anyone everyone everybody anything everything whoever whatever non only just also
    too even turn well very quite rather fairly much more most less least few enough so as than further then thus
    hence therefore however moreover furthermore although though because since while whereas when where which who whom
    whose what why how whether if unless until and or but in on at by to from into onto of off out over under up down
    with within without through throughout via for against about above below between among amongst across along around
    behind beside besides beyond near toward towards upon per like inside outside before after during once time be is
    are was were been being am do does did done have has had having can cannot could may might must shall should will
    would here there own alone apart directly indirectly actually really simply instead otherwise together namely i.e
    e.g etc two three four five is't isn't aren't wasn't weren't doesn't didn't don't hasn't haven't can't couldn't
    wouldn't won't
    """
)
"""Grammar: articles, pronouns, prepositions, conjunctions, auxiliaries, degrees."""

_REPORTING = """
    alert event rule evidence sign signal indicator indication hint clue fact finding observation detail information
    field value record entry message report explanation hypothesis case picture scenario pattern reason cause purpose
    context circumstance behaviour behavior activity action act operation question answer conclusion interpretation
    assessment verdict confidence severity priority likelihood probability possibility say state tell show note
    mention name call title list describe identify specify reveal indicate suggest point mean imply support explain
    confirm prove establish demonstrate determine conclude conclusive decide settle clarify distinguish know unknown
    unclear uncertain certain visible evident apparent obvious plain consider see observe appear seem look resemble
    match fit correspond agree contradict differ compare relate associate involve concern belong depend follow remain
    stay lie reside stand sit locate place happen occur take consistent inconsistent compatible typical usual common
    normal ordinary characteristic standard conventional classic usually commonly normally generally often frequently
    sometimes rarely always likely unlikely possible possibly probable probably potentially presumably apparently
    perhaps maybe plausible suspicious unusual odd strange notable noteworthy relevant important significant serious
    strong weak direct indirect main present absent missing available unavailable unset part whole rest kind type sort
    form way manner means example instance term word sense level degree amount number group series sequence order side
    end beginning origin source basis sufficient insufficient able unable exact exactly precise specific particular
    general single separate different similar identical true correct actual merely mostly mainly partly fully wholly
    completely explicitly speak argue exclude affect combine combination presence absence lack need require necessary
    use utilise utilize serve handle work function attempt try seek aim according exist hold contain include consist
    comprise carry have give refer mark count define understand interpret warrant detect flag fire trigger highlight
    underline reflect represent constitute correlate coincide deserve justify strengthen weaken ambiguous simple
    generic remarkable partial complete method technique mechanism target object item category role nature status
    difference relation relationship extent scope feature property attribute format structure layout convention naming
    style design explicit perform conduct issue make originate supply pass provide reference exhibit display raise
    suspicion doubt align investigation verification unverified unconfirmed undetermined sensitive noted
    """
_DOMAIN = """
    process program binary executable command line argument option flag parameter invocation syscall system call
    kernel host machine node container pod namespace image tag workload cluster account user uid id identifier path
    file directory folder location environment parent child grandparent ancestor ancestry descendant lineage chain
    tree descriptor module library tool utility application app software component service repository registry version
    metadata permission right privilege capability configuration setting linux kubernetes falco runtime audit standard
    result outcome content run execute start launch spawn invoke
    """
NEUTRAL = FUNCTION | _stems(_REPORTING) | _stems(_DOMAIN)
"""Needs no evidence anywhere. What such words can still get wrong (relations, places, users) is checked by itself."""

SPECULATIVE = NEUTRAL | _stems(
    """
    identity authenticity legitimacy intent intention motive provenance ownership owner response reply traffic
    transfer initiate deliberate intentional accidental regular local remote open expected unexpected intended
    designed leave make put get keep bring go come hold expose trust trusted current later network session client
    server port address peer endpoint shell script web connection request attack attacker intruder adversary threat
    actor malicious hostile harmful harmless benign legitimate illegitimate unauthorised unauthorized authorised
    authorized abuse abused misuse misused compromise compromised exploit exploited imitate imitated fake forge forged
    disguise intrusion payload malware reconnaissance discovery escalation evasion persistence administrator admin
    operator developer engineer person somebody someone human insider automation automated automatic automatically
    scripted interactive interactively manual manually maintenance debugging debug troubleshooting test testing
    routine scheduled job task deployment deploy update upgrade backup monitoring code execution foothold entry way
    succeed success fail failure choose chosen confirm verified verify goal effect consequence impact risk danger
    control gain obtain reach hide cover trace traces blend planned look
    """
)
"""May stand in a sentence that says that it is a possibility, and nowhere else without evidence."""

THREATS = SPECULATIVE | _stems(
    """
    steal theft access read write send receive exfiltrate exfiltration escape escalate download disable bypass evade
    hijack modify alter inject capture overwrite delete lateral movement copy copied injection installation install
    """
)
"""May stand behind "could" and "suggests": what an attacker might be after. Whose, and where, has to be carried."""
