"""Dataclass in, plotly figure out."""
