"""Words as verification compares them: stems, with words of one meaning folded together.

Not a linguist's stemmer: it has to bring "executed" to "execution" and "writable" to "write", and must never bring two
words of different meaning together. Where it errs, it errs apart, and a true sentence falls.
"""

from __future__ import annotations

import re
from functools import lru_cache


def _blunt(word: str) -> str:
    return word.removesuffix("e") if len(word) > 3 else word


_FORMS = """
run=ran write=wrote,written
writable=writable begin=began,begun hold=held send=sent stand=stood take=took,taken make=made
give=gave,given get=got go=went lose=gone,lost see=saw,seen come=came leave=left keep=kept found=found
try=tried,tries know=known,knew show=shown say=said tell=told think=thought buy=bought bring=brought hide=hid
hidden=hidden
steal=stole,stolen break=broke,broken choose=chose,chosen lie=lay,lies,lain lay=laid build=built mean=meant
meet=met pay=paid speak=spoke,spoken rise=rose arise=arose draw=drew,drawn fall=fell,fallen forget=forgot
grow=grew bind=bound deal=dealt feed=fed fight=fought lead=led lend=lent seek=sought sell=sold spend=spent
teach=taught throw=threw,thrown wake=woke win=won wear=wore do=does,did,done have=has,had,having
be=is,are,was,were,been,being,am child=children person=people,somebody,someone,human,persons key=keys
anyone=anybody everyone=everybody data=data process=process access=access address=address less=less unless=unless
across=across succeed=success,successful,successfully fail=failure exist=existence prove=proof
legitimate=legitimately use=use,uses,used,using,usage user=user,users server=server,servers number=number
computer=computer during=during nothing=nothing string=string thing=thing interesting=interesting
need=need,needed speed=speed execute=execution delete=deletion read=readable encrypt=encryption
install=installation redirect=redirection connect=connection,connections create=creation,creates remove=removal
rotate=rotation loader=loader listener=listener worker=worker header=header
"""
_IRREGULAR = {
    word: _blunt(base) for base, words in (item.split("=") for item in _FORMS.split()) for word in words.split(",")
}
# Words of one meaning for this purpose; the first stands for all. A group holds what may replace each other in a true
# sentence without making it false.
_GROUPS = """
start launch spawn invoke
run execute
directory folder
binary executable program
account user
empty truncate clear blank wipe-log
delete remove erase
link symlink
connect contact
login log-in logon log-ins logins
terminal tty
person staff
coin cryptocurrency
miner mine mining
imitate pretend mimic impersonate masquerade
refuse deny reject
search hunt
fetch download retrieve
overwrite shred
digest checksum hash
hide conceal
whole entire full
hand manual
timer schedule
ask request
identical equal
distribution distro
genuine real authentic
usual typical common normal ordinary customary
frequent often
disable off
file-system filesystem
machine computer
outbound outgoing
inbound incoming
public external
private internal
begin initiate
answer respond
unpack extract
tree hierarchy
""".strip().splitlines()
# Endings with the least length of what they may leave, so that "thing" keeps its end.
_ENDINGS = """
isation:4 ization:4 ation:4 ition:4 ingly:4 edly:4 ion:4 ing:3 able:4 ible:4 ment:4 ness:4 ied:2 er:5 or:5 ed:3 ly:3
al:5 ive:4 ity:4
"""
_SUFFIXES = tuple((ending, int(least)) for ending, least in (item.split(":") for item in _ENDINGS.split()))
_VOWEL = re.compile(r"[aeiouy]")
_KEEP_S = ("ss", "us", "is")
_ES = ("sses", "xes", "zes", "ches", "shes")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]*(?:-[A-Za-z]+)*")


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_ES) else word[:-1]


# Among the forms there are nouns and adjectives, which tell of no event.
_PAST = frozenset(
    word
    for word, base in _IRREGULAR.items()
    if not word.endswith(("s", "y", "body", "ion", "er", "able", "al", "ing", "ful"))
    and base not in {"person", "child", "b", "hav"}
    and word not in {base, f"{base}e", "someone", "people", "proof", "failure", "usage", "existence"}
)


@lru_cache(maxsize=16_384)
def _bare(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    single = _singular(word)
    if single in _IRREGULAR:
        return _IRREGULAR[single]
    for suffix, least in _SUFFIXES:
        rest = single.removesuffix(suffix)
        if rest == single or len(rest) < least or not _VOWEL.search(rest):
            continue
        if suffix == "ied":
            return rest + "y"
        if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz":
            rest = rest[:-1]
        return _IRREGULAR.get(rest, _IRREGULAR.get(f"{rest}e", _blunt(rest)))
    return _blunt(single)


_SAME = {(word if "-" in word else _bare(word)): _bare(line.split()[0]) for line in _GROUPS for word in line.split()}


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The form under which words of one meaning are the same: ``spawned`` and ``starts`` are both ``start``."""
    lower = word.lower().replace("’", "'").removesuffix("'s").removesuffix("'")
    if lower in _SAME:
        return _SAME[lower]
    bare = _bare(lower)
    return _SAME.get(bare, bare)


def is_past(word: str) -> bool:
    """Whether a word looks like a past form: "uploaded" tells of an event, "upload" may name a folder."""
    lower = word.lower()
    return lower.endswith("ed") or lower in _PAST


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """The stems of all words of a text, of hyphenated ones also the parts."""
    found = set()
    for match in WORD.finditer(text):
        word = match[0]
        found.add(stem(word))
        if "-" in word:
            found.update(stem(part) for part in word.split("-") if part)
    return frozenset(found)
