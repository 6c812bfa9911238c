"""Clinical signature, fusion, survival, nomogram, recalibration."""
