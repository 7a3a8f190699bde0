"""Draft in, report out: nothing the evidence does not carry, no unsafe step, no verdict on a model's word alone."""

from explainer.verify.assemble import knowledge_report
from explainer.verify.draft import parse_draft
from explainer.verify.verify import verify_draft

__all__ = ["knowledge_report", "parse_draft", "verify_draft"]
