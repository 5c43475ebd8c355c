"""The plan of an edition: its steps, when each is due, what is wrong with it, and turning what is due into batches."""
