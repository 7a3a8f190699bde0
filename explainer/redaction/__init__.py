"""Nothing leaves the process that need not: secrets are masked, identities replaced for remote models."""

from explainer.redaction.guard import Guard
from explainer.redaction.mask import Masking
from explainer.redaction.policy import Policy, read_policy, shipped_policy
from explainer.redaction.secrets import find_secrets, mask_text, masks
from explainer.redaction.sweep import Residue, sweep

__all__ = [
    "Guard",
    "Masking",
    "Policy",
    "Residue",
    "find_secrets",
    "mask_text",
    "masks",
    "read_policy",
    "shipped_policy",
    "sweep",
]
