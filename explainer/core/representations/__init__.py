"""What models see of a sound, and the exact way back to sound."""
