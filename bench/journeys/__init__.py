"""Customer journeys with known truth: who clicked what, which click brought the lead, and what was left of it in the data."""
