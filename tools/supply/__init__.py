"""What the program is made of beyond its own code: checked for known weaknesses, listed, and its licences judged."""
