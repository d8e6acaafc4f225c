"""A market of ads with known truth: what a budget policy earns is known before chance has its say.

Seeds 100–105 are for tuning, of our engine and of the peers alike; 0–7 are reported and nothing was chosen by them.
"""
