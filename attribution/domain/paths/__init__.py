"""Attribution models on channel paths: NumPy only, every model's credit sums to what was earned."""
