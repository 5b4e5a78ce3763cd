"""The numbers, the charts and the page."""
