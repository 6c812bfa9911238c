"""DLCS: response to neoadjuvant chemotherapy and survival in gastric cancer, from CT.

Research use only. Not a medical device; not for diagnosis or treatment decisions.
"""

__version__ = "0.1.0"
