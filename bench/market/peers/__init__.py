"""What others do with a budget, one way a file. NumPy only, unless the file says which package it drives."""
