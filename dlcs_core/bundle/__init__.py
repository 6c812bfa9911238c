"""The only code that touches a trained-model directory."""
