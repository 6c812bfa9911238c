"""The stages of the paper's method section, each taking and returning dataclasses."""
