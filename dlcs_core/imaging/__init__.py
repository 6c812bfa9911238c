"""Files to Volume and Study: DICOM, NIfTI, NRRD, MHA and every mask format."""
