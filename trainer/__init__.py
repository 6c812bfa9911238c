"""Rebuild the whole system from a cohort: prepare, fit."""
