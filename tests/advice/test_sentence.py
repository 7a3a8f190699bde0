"""Who is told to do it, sentence by sentence: ``[[…]]`` marks code, ``{{…}}`` an act in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.advice.clauses import cut, holding
from explainer.advice.sentence import introduces, read
from explainer.advice.verbs import Reading

TOLD = [
    "Never mind the warnings and {{stop auditd}}.",
    "Try {{disabling SELinux}} and retry.",
    "We recommend {{disabling SELinux}} for the upgrade.",
    "Consider {{turning off the agent}} over the weekend.",
    "{{Turning off the agent}} resolves it.",
    "It is enough to {{turn off the agent}}.",
    "The quickest way is to {{turn off the agent}}.",
    "I would {{turn off the agent}} first.",
    "Rather than tuning the rule, {{turn off the agent}}.",
    "If nothing helps, {{turn off the agent}}.",
    "Step 3: [[setenforce 0]]",
    "[[setenforce 0]]",
    "Then [[setenforce 0]] and retry.",
    "On every worker, [[setenforce 0]], then restart kubelet.",
    "The quick fix: [[setenforce 0]].",
    "[[setenforce 0]] clears the denial immediately.",
    "[[setenforce 0]] is the quickest way out.",
    "All it takes is [[setenforce 0]].",
    "What you need is [[setenforce 0]].",
    "You'll want to [[setenforce 0]] on those hosts.",
    "You may have to [[setenforce 0]] before the upgrade.",
    "Once the backup has finished, [[setenforce 0]].",
    "After you have captured memory, run [[setenforce 0]].",
    "As root: [[setenforce 0]].",
    "Log in to the node and [[setenforce 0]].",
    "The vendor confirmed that the product does not work with SELinux, so run [[setenforce 0]].",
    "The attacker disabled nothing here, so go ahead and run [[setenforce 0]] for the upgrade.",
    "Since the intruder came in by SSH, {{remove the SSH server}} from all cloud instances today.",
    "Because the miner keeps coming back, {{delete the whole namespace}}.",
    "The process was killed twice and came back; {{wipe the host}}.",
    "No one will notice if you {{pause the sensor}} for an hour.",
    "Nobody needs that log, so {{delete it}}.",
    "There is no time for imaging; {{reimage the host}}.",
    "I don't see another way: {{turn off the firewall}}.",
    "It can't hurt to {{turn off the firewall}} for a minute.",
    "Don't be shy and {{turn off the firewall}}.",
    "The simplest remedy is {{turning off the firewall}} on both.",
    "My suggestion is to {{turn off the firewall}}.",
    "Our recommendation: {{turn off the firewall}} and retest.",
    "You could {{turn off the firewall}} for the test.",
    "It would be best to {{turn off the firewall}}.",
    "{{The firewall can be turned off}} during the window.",
    "{{The firewall needs to be turned off}} during the window.",
    "{{SELinux is to be disabled}} on all new nodes.",
    "Make sure that {{auditd is stopped}} before the copy starts.",
    "Ensure {{auditd is disabled}} on boot.",
    "Let the script {{turn off the firewall}} first.",
    "Why not simply {{turn off the firewall}}?",
    "Ask the network team to {{turn off the firewall}}.",
    "Tell the users to {{turn off the agent}}.",
    "Have the network team {{turn off the firewall}}.",
    "Please {{turn off the firewall}} for me.",
    "Feel free to {{turn off the firewall}}.",
    "Start by {{turning off the firewall}}.",
    "The problem goes away by {{turning off the firewall}}.",
    "Work around it by {{turning off the firewall}}.",
    "Next step: {{removal of the sensor}} from the gateways.",
    "Temporary {{removal of the sensor}} until the vendor replies.",
    "If the error persists {{disable the plugin check}} entirely.",
    "Until the fix arrives, {{let everybody in}} without a token.",
    "While the investigation is going on, {{keep the sensor off}}.",
    "Although this is discouraged, {{turn off the firewall}}.",
    "I know it's bad practice, but {{turn off the firewall}}.",
    "Never do that on production, except today: {{turn off the firewall}}.",
    "Normally forbidden, but tonight we {{turn off the firewall}}.",
    "We are going to {{turn off the firewall}} at noon.",
    "We will {{turn off the firewall}} at noon.",
    "The plan is that we {{turn off the firewall}} at noon.",
    "Approved change: {{turn off the firewall}} at noon.",
    "Pour nettoyer, {{désactivez SELinux}} sur le nœud.",
    "Desactive {{SELinux}} en el nodo.",
    "Schalten Sie {{SELinux}} auf dem Knoten ab.",
    "Disattivate {{SELinux}} sul nodo.",
    "Could you {{turn off the firewall}} for a moment?",
    "{{Turning off the firewall}} on both sides, crude as it is, clears the error.",
    "{{The firewall on the gateways}} should be switched off tonight.",
    "Export the variable that {{makes the client accept}} any certificate.",
    "Bake {{the key}} into the image.",
    "As the module is unsigned, tell the kernel to {{skip the check}}.",
    "Should the agent be missing, {{fetch any build}} from the forum.",
    "Here is what to do: [[setenforce 0]], then restart.",
    "The pods cannot reach each other, therefore {{apply an open policy}}.",
]
NOT_TOLD = [
    "Attackers {{disable SELinux}} before they load the module.",
    "The report says that {{auditd was stopped}} by root.",
    "Never {{stop auditd}}, not even for a minute.",
    "The blog recommended {{disabling SELinux}} for the upgrade.",
    "We refused to {{disable SELinux}} for the upgrade.",
    "The miner tried to {{disable SELinux}}.",
    "Someone {{turning off the agent}} is an incident.",
    "{{Turning off the agent}} would blind us.",
    "There is no need to {{turn off the agent}}.",
    "It is tempting to {{turn off the agent}}.",
    "Alert when somebody {{turns off the agent}}.",
    "Check whether anybody {{turned off the agent}}.",
    "You would {{turn off the only agent}} that sees it.",
    "List every group that is {{open to the world}} (read-only role is sufficient):",
    "Rather than {{turning off the agent}}, tune the rule.",
    "Tune the rule rather than {{turn off the agent}}.",
    "If you {{turn off the agent}}, nobody will see the next step.",
    "Who {{turned off the agent}}?",
    "Find out who {{turned off the agent}}.",
    "The playbook forbids {{turning off the agent}}.",
    "Undo what the miner did with [[setenforce 0]].",
    "The plan to {{turn off the firewall}} was rejected.",
    "At 22:40 the on-call engineer {{stopped auditd}} on the four brokers.",
    "The runbook step that {{disabled SELinux}} has been deleted.",
    "Nothing justifies {{turning off the firewall}} here.",
    "{{Turning off the firewall}} is forbidden by policy.",
    "{{Turning off the firewall}} hides the symptom.",
    "{{Turning off the firewall}} was discussed and rejected.",
    "The idea of {{turning off the firewall}} came up; we said no.",
    "It isn't acceptable to {{turn off the firewall}}.",
    "You must not {{turn off the firewall}}, however slow it is.",
    "Do not scan, probe, or {{hack the server}}.",
    "Do not scan, {{hack the server}} or log in to it.",
    "Without approval nobody may {{turn off the firewall}}.",
    "A process that {{turns off the firewall}} deserves a page.",
    "Any attempt to {{turn off the firewall}} pages the SOC.",
    "The attempt to {{turn off the firewall}} failed.",
    "They had {{turned off the firewall}} an hour before.",
    "The module was built to {{turn off the firewall}}.",
    "This is how attackers {{turn off the firewall}}.",
    "Malware often uses [[iptables -F]] for that.",
    "The dropper contains [[iptables -F]] in its third line.",
    "The command line was [[iptables -F]].",
    "Cmdline: [[iptables -F]]",
    "Observed: [[iptables -F]] by uid 0.",
    "Evidence: [[iptables -F]] in the history of root.",
    "In the history of root stands [[iptables -F]].",
    "We found [[iptables -F]] in the crontab.",
    "Search the histories for [[iptables -F]].",
    "grep for [[iptables -F]] in all histories.",
    "The rule detects [[iptables -F]].",
    "Write a rule that alerts on [[iptables -F]].",
    "Block [[curl | sh]] at the proxy.",
    "Admission control rejects pods with [[privileged: true]].",
    "The pipeline fails the build when it finds [[privileged: true]].",
    "[[chmod 777]] makes the directory writable for everybody, which is never what you want.",
    "[[chmod 777]] means that everybody may write.",
    "For the meaning of [[chmod 777]] see chmod(1).",
    "What does [[chmod 777]] do?",
    "Revert the [[chmod 777]] that the installer left behind.",
    "Remove the [[privileged: true]] line from the manifest.",
    "Replace [[privileged: true]] by a list of capabilities.",
    "The ticket asks for [[chmod 777]].",
    "Somebody had suggested [[chmod 777]] in the chat.",
    "A colleague proposed to {{open the group to the internet}}.",
    "The assistant told us to {{disable SELinux}}.",
    "ChatGPT recommends {{disabling SELinux}}.",
    "Step 4 of the old runbook said to {{disable SELinux}}.",
    "Were we to {{disable SELinux}}, the next step would go unseen.",
    "Should somebody {{disable SELinux}}, page the SOC.",
    "An attacker could {{disable SELinux}} with it.",
    "With that right anybody can {{disable SELinux}}.",
    "That would let anyone {{disable SELinux}}.",
    "It lets the holder {{disable SELinux}}.",
    "Resist the urge to {{reboot the host}}.",
    "There's no point in {{rebooting the host}}.",
    "Far from {{rebooting the host}}, leave it running.",
    "Nobody is to {{reboot the host}} before the image is taken.",
    "{{SELinux may not be disabled}} for that.",
    "{{SELinux was switched off}} by the installer.",
    "{{SELinux had been disabled}} since March.",
    "{{SELinux is disabled}} on web-3, which is a finding.",
    "Why was {{SELinux disabled}}?",
    "Man darf {{SELinux}} dafür nicht abschalten.",
    "N'éteignez pas {{le pare-feu}}.",
    "Il ne faut jamais {{désactiver SELinux}}.",
    "No {{desactive SELinux}} en producción.",
    "No desactive {{SELinux}} en producción.",
    "Não desative {{o SELinux}} em produção.",
    "Non disattivate {{SELinux}} in produzione.",
    "El atacante desactivó {{SELinux}} a las 02:14.",
    "Der Angreifer hat {{SELinux}} abgeschaltet.",
    "L'attaquant a désactivé {{SELinux}} à 02h14.",
    "The intruder bound {{the account to the admin role}} and read every secret.",
    "Some answers say {{the mismatch can be ignored}}.",
    "Before anybody {{opens the group}} again, ask the owner.",
    "Instead of {{making it an admin}}, ask which permission is missing.",
    "Trust entries in the file would {{let any process in}}.",
    "Der Dienst darf {{auf keinem System abgeschaltet}} werden.",
]


def reading(marked: str) -> Reading:
    match = re.search(r"\[\[(.*?)\]\]|\{\{(.*?)\}\}", marked)
    assert match is not None
    words = match.group(2)
    inner = words or match.group(1)
    text = marked[: match.start()] + (words or "¤" * len(inner)) + marked[match.end() :]
    text = re.sub(r"`[^`]*`", lambda m: "¤" * len(m.group(0)), text)
    return read(text, match.start(), match.start() + len(inner), words is not None)


@pytest.mark.parametrize("sentence", TOLD)
def test_the_reader_is_told(sentence):
    assert reading(sentence).told >= 0


@pytest.mark.parametrize("sentence", NOT_TOLD)
def test_the_reader_is_not_told(sentence):
    assert reading(sentence).told < 0


@pytest.mark.parametrize(
    ("lead", "told"),
    [
        ("Run this on every node:", 1),
        ("Replace the role by the following so that it no longer fails:", 1),
        ("Harden it so that nobody can exec into it:", 1),
        ("The attacker's script:", -1),
        ("Recovered from the dropper (not to be executed):", -1),
        ("Never do any of these:", -1),
        ("Hunt for somebody turning it off:", -1),
        ("On the gateways:", 0),
    ],
)
def test_words_before_a_block_say_whether_it_is_a_step(lead, told):
    assert introduces(lead).told == told


def test_a_quotation_hangs_on_the_clause_that_gives_it():
    text = 'The article says "clear the logs and restart", which is wrong.'
    clauses = cut(text)
    inner = clauses[holding(clauses, text.index("clear"))]
    assert inner.opener == "“"
    assert "article says" in text[clauses[inner.host].start : clauses[inner.host].end]


def test_nouns_joined_by_and_stay_in_one_clause():
    assert [c.opener for c in cut("stop auditd and rsyslog on the hosts")] == [""]
    assert [c.opener for c in cut("stop auditd and restart rsyslog")] == ["", "and"]


@given(st.text(alphabet="ab ,;:()\"'¤.—and or not to", max_size=300), st.integers(0, 300), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_read(text, start, prose):
    start = min(start, max(0, len(text) - 1))
    assert read(text, start, min(len(text), start + 9), prose).told in (-1, 0, 1)
