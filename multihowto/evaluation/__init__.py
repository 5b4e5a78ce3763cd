"""How well captions find their clips: retrieval metrics with honest ties and intervals, and runs compared by them."""
