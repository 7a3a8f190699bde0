"""alert-explainer: security alerts explained, verified and safe to act on."""
