"""What Stratum states, held against what then came: the demo's market with known truth, and a real file day by day."""
