"""DLCS: response to neoadjuvant chemotherapy and survival in gastric cancer, from CT.

Research use only. Not a medical device; not for diagnosis or treatment decisions.
"""

import os

__version__ = "0.1.0"

# onnxruntime's Linux wheels send usage events to their maker and write an identifier to disk
# unless this stands before the library is loaded. Nothing leaves this process.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
