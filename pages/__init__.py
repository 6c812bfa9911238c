"""The pages: each renders under __main__ and does nothing at import."""
