"""Streamlit helpers."""
