"""Prompt templates, their library and their budget."""
