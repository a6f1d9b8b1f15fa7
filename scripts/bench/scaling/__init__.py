"""Scaling efficiency: measured here, predicted for larger clusters, simulated for comparison."""
