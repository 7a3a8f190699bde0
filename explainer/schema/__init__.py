"""Frozen records: what crosses a room's door."""
