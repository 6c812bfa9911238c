"""The result of a test between groups, whatever the test."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """One test between groups of patients.

    Attributes
    ----------
    test : str
        Its name, e.g. ``"pearson_chi_square"`` or ``"mann_whitney"``.
    p : float
        P value, two-sided where the test has sides.
    statistic : float or None
        Test statistic; None for Fisher's exact test, which has none.
    df : float or None
        Degrees of freedom; of the numerator for an F test. None for tests without.
    df_denominator : float or None
        Degrees of freedom of the denominator of an F test.
    """

    test: str
    p: float
    statistic: float | None = None
    df: float | None = None
    df_denominator: float | None = None
