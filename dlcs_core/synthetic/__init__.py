"""The phantom cohort: no patient, always labelled synthetic."""
