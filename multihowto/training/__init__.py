"""The reference model: recipes, data, MMP in plain torch, its losses, and one loop that trains it."""
