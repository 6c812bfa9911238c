"""The 22 variables, one patient's record, a cohort's table."""
