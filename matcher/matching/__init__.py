"""Who can go and who should be asked: pure functions, no input or output."""
