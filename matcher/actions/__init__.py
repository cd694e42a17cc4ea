"""What a person or the clock does: one file for each step of the journey, one transaction for each action."""
