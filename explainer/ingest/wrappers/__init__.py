"""Envelopes that shippers and outputs put around an alert, one file each."""
