"""Everything an explanation needs, opened once and on first use: rules, knowledge, prompts, a backend, the cache."""

from __future__ import annotations

import difflib
import ipaddress
import logging
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from explainer.errors import ConfigError, UnknownNameError
from explainer.flow import Plan
from explainer.redaction import Guard, Masking, Policy, masks
from explainer.redaction.sweep import body_of
from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.exchange import ModelRequest, Usage
from explainer.schema.prompt import PromptTemplate
from explainer.schema.report import Provenance
from explainer.schema.rule import RuleFacts, RuleSet
from explainer.settings import Resolved, Settings
from explainer.version import __version__

if TYPE_CHECKING:
    from explainer.backends.base import Backend, BackendOptions
    from explainer.enrich.catalogue import Catalogue
    from explainer.enrich.templates import TemplateIndex
    from explainer.ingest.output_template import OutputTemplate
    from explainer.prompting.library import PromptLibrary
    from explainer.store.cache import ReplyCache
    from explainer.store.knowledge_files import KnowledgeFiles
    from explainer.store.tokens import TokenCounter

log = logging.getLogger("explainer.client")

# By the caller, and not by a file or the environment that were there anyway.
_GIVEN = ("flag", "argument")
# Below this many tokens of context a model is given the short prompt, whatever its name.
SMALL_CONTEXT = 6000
# A prompt never takes the whole context: the answer needs room, and chat templates add tokens that nobody counted.
CONTEXT_RESERVE = 64
MAX_READINGS = 20_000


def default_cache_dir(env: Mapping[str, str]) -> Path:
    """The user's cache folder for model answers."""
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(env.get("HOME", "~")).expanduser() / ".cache") / "explainer" / "replies"


def elsewhere(base_url: str | None) -> tuple[bool, str]:
    """Whether an endpoint is on another machine, and why we think so; without an address, it is OpenAI's own."""
    host = (urlsplit(base_url).hostname or "") if base_url else ""
    if host == "localhost" or host.endswith(".localhost") or _loopback(host):
        return False, f"{host} is this machine"
    return True, f"{host or 'the model'} is another machine"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Equipment:
    """One client's equipment. Safe to share between threads once ``ready()`` was called."""

    def __init__(self, resolved: Resolved, backend: Backend | None = None) -> None:
        self.resolved = resolved
        self.settings: Settings = resolved.settings
        self._given = backend
        self._loose: dict[str, tuple[str, ...]] = {}
        self._readings: dict[tuple[object, ...], str] = {}

    # -- what answers

    @cached_property
    def backend_name(self) -> str:
        """The backend that answers, ``auto`` resolved."""
        return self._choice[0]

    @property
    def backend_reason(self) -> str:
        """Why this backend, in one clause."""
        return self._choice[1]

    @cached_property
    def _choice(self) -> tuple[str, str]:
        if self._given is not None:
            return self._given.name, "it was handed in"
        wanted = self.settings.backend
        if wanted in {"knowledge", "replay"}:
            return wanted, "it was asked for"
        from explainer.backends.base import BACKENDS, choose_auto

        if wanted != "auto":
            if wanted not in BACKENDS:
                known = ["auto", "knowledge", *BACKENDS]
                near = difflib.get_close_matches(wanted, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                raise UnknownNameError(f"unknown backend {wanted!r}", hint=hint)
            self._refuse_recordings(wanted)
            if self._recordings_given:
                return "replay", "recordings were given"
            return wanted, "it was asked for"
        origins = self.resolved.origins
        endpoint_asked = origins.get("base_url") in _GIVEN and origins.get("recordings") not in _GIVEN
        if self.settings.recordings and not endpoint_asked:
            return "replay", "recordings were given"

        choice = choose_auto(self._options())
        return str(choice), choice.reason

    @property
    def _recordings_given(self) -> bool:
        """By the caller, for this call: they are to answer, whatever the settings say of a backend."""
        return bool(self.settings.recordings) and self.resolved.origins.get("recordings") in _GIVEN

    def _refuse_recordings(self, wanted: str) -> None:
        """Who hands in recordings does not expect that a model is asked, and paid."""
        if self._recordings_given and self.resolved.origins.get("backend") in _GIVEN:
            raise ConfigError(
                f"recordings answer instead of a model, and the backend {wanted} asks one",
                hint="leave out the backend to answer from the recordings; or leave out the recordings to ask "
                f"{wanted} (--record FILE records what it answers)",
            )

    @cached_property
    def backend(self) -> Backend | None:
        """The model, or None for knowledge alone.

        Raises:
            ConfigError: an extra, a model file or a credential is missing.
            UnknownNameError: no such backend.
        """
        if self._given is not None:
            return self._given
        if self.backend_name == "knowledge":
            return None
        from explainer.backends.base import BACKENDS

        options = self._options()
        if self.settings.record is not None and self.backend_name == "replay":
            raise ConfigError(
                "a replay asks no model, so there is nothing to record",
                hint="leave out the recordings to ask a model, or leave out --record",
            )
        backend = BACKENDS.get(self.backend_name)(options)
        if self.settings.record is not None:
            from explainer.backends.replay import recording

            on = self.settings.redact
            stands_in = on == "on" or (on == "auto" and backend.remote and elsewhere(self.settings.base_url)[0])
            # Who replays the recording has to ask in the same words.
            labels = {"redaction": self.policy.ref} if stands_in else {}
            known = [options.api_key] if options.api_key else []
            backend = recording(backend, options, redact=masks(known), labels=labels)
        return backend

    def _options(self) -> BackendOptions:
        from explainer.backends.base import BackendOptions
        from explainer.backends.circuit import Limits

        s = self.settings
        return BackendOptions(
            limits=Limits(s.endpoint_concurrency, s.circuit_failures, s.circuit_seconds),
            model=s.model,
            base_url=s.base_url,
            api_key=s.api_key.get_secret_value() if s.api_key else None,
            api_version=s.api_version,
            recordings=s.recordings,
            record=s.record,
            timeout=s.deadline,
        )

    @cached_property
    def cache(self) -> ReplyCache | None:
        """Answers on disk, or None when switched off or when nothing is ever asked."""
        if not self.settings.cache or self.backend is None or self.backend_name == "replay":
            return None
        from explainer.store.cache import ReplyCache

        s = self.settings
        return ReplyCache(
            s.cache_dir or default_cache_dir(os.environ), ttl=s.cache_ttl, size_limit=s.cache_size_mb * 1_000_000
        )

    # -- what is known

    @cached_property
    def rules(self) -> RuleSet | None:
        """The site's own rules, or None when no rule file is given or found.

        Raises:
            RulesError: a file cannot be read or is wrong.
        """
        from explainer.store.files import falco_rule_files, read_rules

        s = self.settings
        defaults = s.default_rules and not s.rules
        if not falco_rule_files(s.rules, os.environ, defaults=defaults):
            return None
        from explainer.enrich.falco_rules import load_rules

        return load_rules(read_rules(s.rules, os.environ, defaults=defaults))

    def rule(self, alert: Alert) -> RuleFacts | None:
        """Facts of the alert's rule: the site's own files before the shipped catalogue."""
        name = alert.rule.name
        if name is None:
            return None
        if self.rules is not None and name in self.rules.rules:
            return self.rules.rules[name]
        return self.catalogue.get(name)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Facts of the upstream rules."""
        from explainer.enrich.catalogue import shipped_catalogue

        return shipped_catalogue()

    @cached_property
    def templates(self) -> TemplateIndex:
        """Output templates, by which the rule of a text line is recovered."""
        from explainer.enrich.templates import template_index

        return template_index(self.rules.rules.values() if self.rules else ())

    @cached_property
    def knowledge(self) -> KnowledgeFiles:
        """Knowledge entries and blocks, the user's over the shipped ones."""
        from explainer.store.knowledge_files import KnowledgeFiles

        return KnowledgeFiles(self.settings.knowledge)

    @cached_property
    def outputs(self) -> dict[str, tuple[str, tuple[OutputTemplate, ...]]]:
        """By rule: its event source and its output templates, the site's own before the shipped one."""
        from explainer.ingest.output_template import output_template

        own = self.rules.rules.values() if self.rules else ()
        found: dict[str, tuple[str, tuple[OutputTemplate, ...]]] = {
            rule.name: (rule.source, (output_template(rule.output),)) for rule in own if rule.output
        }
        for name, source, output in self.catalogue.templates():
            before = found.get(name, (source, ()))
            found[name] = (before[0], (*before[1], output_template(output)))
        return found

    def recognise(self, alert: Alert) -> Alert:
        """A text alert with the rule that its wording gives away, and its values by the rule's own output template."""
        from explainer.ingest.refine import by_templates, is_from_text

        if not alert.message or not is_from_text(alert):
            return alert
        rule = alert.rule.name or self._rule_of(alert)
        if rule is None:
            return alert
        source, templates = self.outputs.get(rule, (alert.product.event_source or None, ()))
        if alert.rule.name is not None and not templates:
            return alert
        return by_templates(alert, rule, templates, source)

    def _rule_of(self, alert: Alert) -> str | None:
        from explainer.ingest.refine import printed_by

        def fits(name: str) -> bool:
            return any(printed_by(alert, template) for template in self.outputs.get(name, ("", ()))[1])

        match = self.templates.match(alert.message or "")
        if match is not None:
            # Templates without a fixed beginning are found by words that may as well stand inside a value.
            named = [match.rule] if match.rule else [name for name in match.rules if fits(name)]
            if len(named) == 1 and (fits(named[0]) or self._has_head(named[0])):
                return named[0]
        own = [name for name in (self.rules.rules if self.rules else ()) if fits(name)]
        return own[0] if len(own) == 1 else None

    def _has_head(self, rule: str) -> bool:
        return all(len(template.literals[0].strip()) >= 3 for template in self.outputs.get(rule, ("", ()))[1])

    def reading(self, alert: Alert) -> str:
        """What knowledge reads in an alert, in short; empty when no entry covers it.

        Alike alerts differ only in fields that are no part of their key, so those that are read decide.
        """
        known = self.knowledge.for_alert(alert)
        if known.entry is None:
            return ""
        from explainer.enrich.enrich import fields_read, reading
        from explainer.ingest.identity import is_volatile

        name = known.entry.rule or alert.rule.name or ""
        if name not in self._loose:
            read = fields_read(known.entry, known.blocks)
            self._loose[name] = tuple(sorted(field for field in read if is_volatile(field)))
        loose = tuple(str(alert.fields.get(field)) for field in self._loose[name])
        key = (name, alert.dedup_key, alert.priority, alert.kind, alert.contradicted, loose)
        found = self._readings.get(key)
        if found is None or alert.kind == "sensor_health":
            if len(self._readings) > MAX_READINGS:
                self._readings.clear()
            found = self._readings[key] = reading(alert, known.entry, known.blocks)
        return found

    def enriched(self, group: Group) -> EnrichedAlert:
        """The group's alert with everything that is known about it."""
        from explainer.enrich.attack import attack_table
        from explainer.enrich.enrich import enrich

        rule = self.rule(group.alert)
        known = self.knowledge.for_alert(group.alert)
        return enrich(
            group,
            rule,
            known.entry,
            known.blocks,
            attack_table(),
            knowledge_hash=known.sha256,
            rules_hash=self.rules.sha256 if self.rules else "",
        )

    # -- what is sent

    @cached_property
    def library(self) -> PromptLibrary:
        """Prompts, the user's over the shipped ones."""
        from explainer.store.prompt_files import load_library

        return load_library(self.settings.prompts)

    @cached_property
    def template(self) -> PromptTemplate | None:
        """The prompt that is sent; the short one for small models unless one was asked for."""
        if self.backend is None:
            return None
        if self.settings.prompt:
            return self.library.get(self.settings.prompt)
        context = self.backend.context_tokens
        small = self.backend_name == "local" or (context is not None and context < SMALL_CONTEXT)
        return self.library.get("explain-compact" if small else "explain")

    @cached_property
    def count_tokens(self) -> TokenCounter:
        """Tokens by the model's own tokenizer, by tiktoken, or over-estimated."""
        from explainer.store.tokens import TokenCounter

        return TokenCounter(self._model, self.backend)

    def cost(self, model: str | None, usage: Usage) -> float | None:
        """US dollars, or None when no price is known."""
        from explainer.store import prices

        own = {name: price.model_dump() for name, price in self.settings.prices.items()}
        table = prices.overridden({"models": own}) if own else None
        local = self.backend is not None and not self.backend.remote
        return prices.cost(model or self._model or "", usage, local=local, table=table)

    @property
    def _model(self) -> str | None:
        return self.backend.model if self.backend is not None else None

    # -- what stays here

    @cached_property
    def policy(self) -> Policy:
        """What is replaced and what stays.

        Raises:
            ConfigError, DataError: the policy file cannot be read or is wrong.
        """
        from explainer.store.redaction_policy import load_policy

        return load_policy(self.settings.redact_policy)

    @property
    def redacts(self) -> tuple[bool, str]:
        """Whether identities are replaced, and why, in one clause."""
        wanted = self.settings.redact
        if wanted != "auto":
            return wanted == "on", "it was asked for" if wanted == "on" else "it was switched off"
        backend = self.backend
        if backend is None:
            return False, "rule knowledge sends nothing"
        if getattr(backend, "redacted", False):
            return True, "the recordings were made so"
        if not backend.remote:
            return False, f"{backend.name} sends nothing"
        return elsewhere(self.settings.base_url if self._given is None else None)

    def masked(self, group: Group) -> tuple[Group, frozenset[str]]:
        """The group without its secrets, and these; the very same group when it holds none."""
        masking = Masking(group, self.policy.patterns)
        return masking.group(group), frozenset(masking.values)

    def _wire(self, request: ModelRequest) -> bytes:
        write = getattr(self.backend, "wire", None)
        return write(request) if write is not None else body_of(request.model_dump(mode="json"))

    def plan(self, group: Group) -> Plan:
        """Everything that shapes the explanation of one group."""
        group, secrets = self.masked(group)
        enriched = self.enriched(group)
        backend, s = self.backend, self.settings
        guard = Guard(enriched, self.policy, secrets) if backend is not None and self.redacts[0] else None
        provenance = Provenance(
            product_version=__version__,
            backend=self.backend_name,
            model=self._model,
            knowledge_hash=enriched.knowledge_hash,
            rules_hash=enriched.rules_hash,
            redaction=guard.summary if guard else f"off; {len(secrets)} secrets masked" if secrets else "off",
            origin="knowledge" if backend is None else "model",
            notes=enriched.notes,
        )
        if backend is None:
            return Plan(enriched=enriched, group=group, provenance=provenance)
        from explainer.advice import rules_hash

        return Plan(
            enriched=enriched,
            group=group,
            provenance=provenance.model_copy(update={"advice_hash": rules_hash()}),
            template=self.template,
            repair=self.library.get("repair"),
            count_tokens=self.count_tokens,
            max_input_tokens=self._input_limit(),
            max_output_tokens=s.max_output_tokens,
            max_cost_usd=s.max_cost,
            estimate_cost=self.cost,
            model=self._model,
            endpoint=s.base_url or self.backend_name,
            cache=self.cache is not None,
            require_model=s.require_model,
            guard=guard,
            wire=self._wire,
        )

    def _input_limit(self) -> int | None:
        context = self.backend.context_tokens if self.backend is not None else None
        limits = [self.settings.max_tokens] if self.settings.max_tokens else []
        if context is not None:
            limits.append(max(256, context - self.settings.max_output_tokens - CONTEXT_RESERVE))
        return min(limits) if limits else None

    def close(self) -> None:
        """Let connections and files go; harmless when nothing was opened."""
        opened = self.__dict__
        if (backend := opened.get("backend")) is not None:
            backend.close()
        if (cache := opened.get("cache")) is not None:
            cache.close()
