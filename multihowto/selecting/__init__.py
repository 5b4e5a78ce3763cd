"""What captions and clips are measured by, the rules that limits on these measures make, and the splits."""
