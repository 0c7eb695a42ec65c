"""What tests and benchmarks of the fleet share: simulated devices, and a fleet that they ask."""
