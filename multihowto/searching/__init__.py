"""Uses a trained model: clips of a store that fit a text in any language, as a list and as a page that plays them."""
