"""Clips of an explanation: conditions, the plan, random controls, rendering."""
