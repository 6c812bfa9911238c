"""Study to ModelInput: the paper's steps, on three slices only."""
