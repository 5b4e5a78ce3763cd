"""The paper's grid in small, on emoji: see docs/experiments.md."""
