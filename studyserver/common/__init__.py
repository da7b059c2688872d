"""What the study and its results share: reading people's tables and names, without Django."""
