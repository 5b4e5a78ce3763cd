"""Numbers from the tables, for the terminal and for the page."""
