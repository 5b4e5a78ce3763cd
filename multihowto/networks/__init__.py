"""Networks in plain PyTorch, loaded with published weights."""
