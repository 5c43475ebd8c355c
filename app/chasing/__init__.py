"""Response chasing: who has answered and who has not, and what was done about it."""
