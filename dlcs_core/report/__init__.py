"""Assemble what a page or document shows."""
