"""SE-ResNet50: torch for training and export, onnxruntime for serving."""
